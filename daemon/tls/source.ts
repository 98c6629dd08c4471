import type { KnownCertificate } from './certificate.ts';

/** Where the certificate comes from: files, or an authority. */
export interface CertificateSource {
  current(): KnownCertificate;
  close(): void | Promise<void>;
}

export interface SourceEvents {
  /** Another one is in force. */
  readonly changed: (certificate: KnownCertificate) => void;
  /** It could not be replaced; the old one goes on. */
  readonly failed: (error: unknown) => void;
}
