/** Limits of an event that are not the length of one column (those are in `columns.ts`). All sizes in bytes of UTF-8. */
export const EVENT_LIMITS = {
  /** One event as JSON. */
  eventBytesMax: 32_768,
  /** Nesting of the JSON of a request body, scanned before parsing. */
  bodyDepthMax: 16,
  /** Nesting inside `properties`; an object directly under it is depth 1. */
  propertiesDepthMax: 5,
  /** Leaves of `properties` after flattening. */
  propertiesKeysMax: 64,
  /** One key of `properties`, as a flattened path. */
  propertyKeyBytesMax: 128,
  /** One string in `properties`. */
  propertyValueBytesMax: 8_192,
  /** Elements of one array in `properties`. */
  propertyArrayMax: 100,
  /** Accounts for which distinct property keys are counted one by one; later ones share one allowance. */
  propertyAccountsMax: 10_000,
} as const;

/** The account of events that name none. */
export const DEFAULT_ACCOUNT = 'default';
