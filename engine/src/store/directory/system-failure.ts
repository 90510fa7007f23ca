import { EngineError, isEngineError } from '../../errors/index.ts'
import type { EngineErrorCode } from '../../errors/index.ts'

/** What failed system calls mean for a store. Every other one is `store.io-error`. */
const meaningByCode: Readonly<Record<string, [EngineErrorCode, string]>> = {
  ENOSPC: ['store.full', 'The disk of the store is full. Make room, or move the store.'],
  EDQUOT: ['store.full', 'The quota for the disk of the store is used up. Make room, or raise it.'],
  EFBIG: ['store.full', 'The file system of the store does not hold files of this size.'],
  ENOENT: ['store.unavailable', 'Something in the folder of the store is gone that was there. Is its disk still mounted?'],
  ENODEV: ['store.unavailable', 'The disk of the store is gone. Is it connected and mounted?'],
  ENXIO: ['store.unavailable', 'The disk of the store is gone. Is it connected and mounted?'],
  ESTALE: ['store.unavailable', 'The network folder of the store does not answer as it should. Mount it again.'],
  ENOTCONN: ['store.unavailable', 'The network folder of the store is not connected. Mount it again.'],
  EHOSTDOWN: ['store.unavailable', 'The server of the network folder of the store does not answer.'],
  ETIMEDOUT: ['store.unavailable', 'The server of the network folder of the store does not answer.'],
  EMFILE: ['store.unavailable', 'Too many files are open. Raise the limit of open files (ulimit -n).'],
  ENFILE: ['store.unavailable', 'The machine has too many open files.'],
  EROFS: [
    'store.io-error',
    'The disk of the store is mounted read-only. Mount it writable; if it turned so by itself, check it for defects.',
  ],
  EACCES: ['store.io-error', 'The folder of the store does not permit this. Give it to the user that runs this program.'],
  EPERM: ['store.io-error', 'The folder of the store does not permit this. Give it to the user that runs this program.'],
  EIO: [
    'store.io-error',
    'The disk of the store reports a defect (EIO). Check the disk; of a network folder it may also say that its server did not answer in time.',
  ],
}

/** The `code` of a failed system call, such as `ENOENT`; undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/**
 * An error of the file system as one of a store; one of ours passes unchanged.
 * @param doing what was tried, as a participle: "storing an object".
 */
export function toStoreFailure(error: unknown, doing: string, key: string | null): EngineError {
  if (isEngineError(error)) return error
  const code = systemCode(error)
  const [engineCode, message] = meaningByCode[code ?? ''] ?? [
    'store.io-error',
    `The file system of the store failed (${code ?? 'no code'}).`,
  ]
  return new EngineError(engineCode, `${message} It happened while ${doing}.`, { context: { key, systemCode: code ?? null }, cause: error })
}
