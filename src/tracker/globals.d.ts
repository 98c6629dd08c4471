/** What browsers have and the DOM library of TypeScript does not know yet. */
interface Document {
  readonly prerendering?: boolean;
}
interface Navigator {
  readonly globalPrivacyControl?: boolean;
}
