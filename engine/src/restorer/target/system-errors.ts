import { EngineError } from '../../errors/index.ts'

/** The system's name of a failure (`ENOSPC`), of the error itself or of what caused it; null if it is none of the system's. */
export function systemCodeOf(error: unknown): string | null {
  for (let current = error; current instanceof Error; current = current.cause) {
    const { code } = current as NodeJS.ErrnoException
    if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return code
  }
  return null
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'the agent may not write there: run it with the rights it needs, or choose another target',
  EPERM: 'the system does not allow it: run the agent with the rights it needs, or choose another target',
  EISDIR: 'a folder with its name is in the way: move that away, or choose another target',
  ENOTEMPTY: 'a folder with its name is in the way: move that away, or choose another target',
  ENOTDIR: 'something that is no folder is in the way: move that away, or choose another target',
  ELOOP: 'a symlink is in the way: move it away, or choose another target',
  ENAMETOOLONG: 'its name is too long for the file system of the target: choose another one',
  EINVAL: 'the file system of the target cannot hold this: choose another one',
  EILSEQ: 'the file system of the target does not take its name: choose another one',
  EFBIG: 'it is too large for the file system of the target: choose another one',
  EOPNOTSUPP: 'the file system of the target cannot hold this: choose another one',
  ENOTSUP: 'the file system of the target cannot hold this: choose another one',
  EIO: 'the disk of the target fails: check it',
}

/** What a person is told when one entry could not be restored. */
export function entryError(error: unknown): EngineError {
  if (error instanceof EngineError && systemCodeOf(error) === null) return error
  const code = systemCodeOf(error)
  if (code === null && !(error instanceof EngineError)) throw error
  return new EngineError('restore.entry-failed', `This could not be restored: ${reasons[code ?? ''] ?? `the system says ${code}`}.`, {
    cause: error,
  })
}

/**
 * What went wrong with one entry alone, as a person is told it.
 * @throws what concerns the restore as a whole: a full disk, a cancel, a source that is away.
 */
export function ownError(error: unknown): EngineError {
  const fatal = fatalError(error)
  if (fatal !== null) throw fatal
  const isOwn = systemCodeOf(error) !== null || (error instanceof EngineError && ofOneEntry.test(error.code))
  if (!isOwn) throw error
  return entryError(error)
}

const ofOneEntry = /^(restore|source|native|blob|format|bytes|segment|pack)\./

/** A failure after which nothing else can be written either; null for any other. */
export function fatalError(error: unknown): EngineError | null {
  switch (systemCodeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new EngineError(
        'restore.target-invalid',
        'The target has no space left, so the restore stopped. Free space or choose another target, and restore again.',
        { cause: error },
      )
    case 'EROFS':
      return new EngineError('restore.target-invalid', 'The target is read-only. Choose another one.', { cause: error })
    default:
      return null
  }
}
