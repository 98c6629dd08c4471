import { type ErrorCode, TrackflowError } from './error.ts';

const CODE_OF_ERRNO: Readonly<Record<string, ErrorCode>> = {
  EACCES: 'TF_PERMISSION',
  EPERM: 'TF_PERMISSION',
  ENOSPC: 'TF_CANNOT_CREATE',
  EDQUOT: 'TF_CANNOT_CREATE',
  EROFS: 'TF_CANNOT_CREATE',
  ENOTDIR: 'TF_CANNOT_CREATE',
  EEXIST: 'TF_CANNOT_CREATE',
  EISDIR: 'TF_CANNOT_CREATE',
  ELOOP: 'TF_CANNOT_CREATE',
  ENAMETOOLONG: 'TF_CANNOT_CREATE',
};

/** The errno name (`ENOENT`, …) of what a file or socket call threw; empty when it has none. */
export function errnoOf(cause: unknown): string {
  if (!(cause instanceof Error) || !('code' in cause)) return '';
  return typeof cause.code === 'string' ? cause.code : '';
}

/**
 * What a failed file call means to the person: `action` is the infinitive (`create`, `read`), `path` its object.
 * Permissions are TF_PERMISSION, a place that cannot take the file TF_CANNOT_CREATE, everything else TF_IO.
 */
export function fileError(cause: unknown, action: string, path: string, hints: readonly string[] = []): TrackflowError {
  const errno = errnoOf(cause);
  const why = errno === '' ? String(cause) : errno;
  return new TrackflowError(CODE_OF_ERRNO[errno] ?? 'TF_IO', `cannot ${action} ${path}: ${why}`, { hints, cause });
}
