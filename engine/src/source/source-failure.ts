import { EngineError, isEngineError } from '../errors/index.ts'
import type { EngineErrorCode } from '../errors/index.ts'
import { systemCode } from './system-call-error.ts'

type Meaning = readonly [EngineErrorCode, string]

const gone: Meaning = ['source.not-found', 'It is not there, or not any more.']
const forbidden: Meaning = ['source.unreadable', 'The agent may not read it. Run the agent as root, or give its user the right to read.']
const exchanged: Meaning = [
  'source.changed',
  'It was exchanged for something of another kind while it was looked at. It is kept again next time.',
]
const tooManyFiles: Meaning = ['source.io-error', 'Too many files are open. Raise the limit of open files (ulimit -n).']
const unanswered: Meaning = ['source.io-error', 'The disk or the server it lies on does not answer as it should. Check the mount.']

/** What failed system calls mean for something that is read. Every other one is `source.io-error`. */
const meaningByCode: Readonly<Record<string, Meaning>> = {
  ENOENT: gone,
  ENOTDIR: gone,
  EACCES: forbidden,
  EPERM: forbidden,
  ELOOP: exchanged,
  ENXIO: exchanged,
  EISDIR: exchanged,
  ENAMETOOLONG: ['source.unsupported', 'Its path is longer than the system takes.'],
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
  ESTALE: unanswered,
  ENOTCONN: unanswered,
  ETIMEDOUT: unanswered,
  EHOSTDOWN: unanswered,
  ENODEV: unanswered,
  EIO: ['source.io-error', 'The disk reports a defect (EIO). Check the disk.'],
}

/** An error of the file system as one of a source; one of ours passes unchanged. Names no path: the caller knows it. */
export function toSourceFailure(error: unknown, meanings: Readonly<Record<string, Meaning>> = meaningByCode): EngineError {
  if (isEngineError(error)) return error
  const code = systemCode(error)
  const [engineCode, message] = meanings[code ?? ''] ??
    meaningByCode[code ?? ''] ?? ['source.io-error', `Reading failed (${code ?? 'no code'}).`]
  return new EngineError(engineCode, message, { context: { systemCode: code }, cause: error })
}

/** For a folder that was one a moment ago: something else in its place is a change, not an absence. */
export const folderMeanings: Readonly<Record<string, Meaning>> = { ENOTDIR: exchanged }
