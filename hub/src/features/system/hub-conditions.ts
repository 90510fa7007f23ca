import type { HealthConditionCode, HealthDetail } from '@holdfast/shared-types'
import { renewBeforeMs, type CertificateState } from '../../platform/http/kept-certificate.ts'
import type { DiskState } from '../../platform/disk-space/watched-disk.ts'
import type { LogFileState } from '../../platform/logging/log-file.ts'

export interface HubConditions {
  /** When the hub last backed itself up; null = never, undefined = not known yet. */
  readonly selfBackup: { newestAtMs(): number | null | undefined }
  readonly logFile: { readonly state: LogFileState } | null
  readonly certificate: { readonly state: CertificateState } | null
  readonly disks: () => readonly DiskState[]
  /** Vaults with objects that nobody can read: nothing is removed from them. */
  readonly untaken: () => readonly { readonly vault: string; readonly objects: number }[]
}

interface Condition {
  readonly code: HealthConditionCode
  readonly params: HealthDetail['params']
  readonly message: string
  readonly cure: string
}
const fine: HealthDetail = { status: 'ok', latencyMs: null, code: null, params: {}, message: null, cure: null }
const warning = (condition: Condition): HealthDetail => ({ status: 'warning', latencyMs: null, ...condition })

/** What works and wants a look: nothing of it makes the hub unfit to serve. */
export const hubConditions = (
  { logFile, certificate, disks, selfBackup, untaken }: HubConditions,
  nowMs: number,
): Record<string, HealthDetail> => ({
  ...selfBackupOf(selfBackup.newestAtMs(), nowMs),
  ...(logFile === null ? {} : { logs: logsOf(logFile.state) }),
  ...(certificate === null ? {} : { certificate: certificateOf(certificate.state, nowMs) }),
  ...disksOf(disks()),
  ...tidyingOf(untaken()),
})

/** Of the first one; nothing where all can be read. */
function tidyingOf([first]: ReturnType<HubConditions['untaken']>): Record<string, HealthDetail> {
  if (first === undefined) return {}
  const { vault, objects } = first
  const message = `Nothing is removed from vault \u201c${vault}\u201d: ${objects} of its objects cannot be read, and nobody knows what they need.`
  const cure = 'Its page names them, and says what to do.'
  return { tidying: warning({ code: 'tidying.stopped', params: { vault, objects }, message, cure }) }
}

/** The one of them that is worse off; nothing where none is watched. */
function disksOf(disks: readonly DiskState[]): Record<string, HealthDetail> {
  if (disks.length === 0) return {}
  const worst = disks.find(({ isScarce }) => isScarce) ?? disks.find(({ isLow }) => isLow)
  if (worst === undefined) return { space: fine }
  const { folder, freeBytes, isScarce } = worst
  const params = { folder, freeBytes }
  const free = `${Math.floor(freeBytes / (1024 * 1024))} MiB are free`
  const cure = 'Make room on it, or add some. Backups go on by themselves.'
  return {
    space: isScarce
      ? warning({
          code: 'disk.full',
          params,
          message: `The disk of ${folder} is full (${free}): backups wait, and the hub lives on its reserve.`,
          cure,
        })
      : warning({ code: 'disk.low', params, message: `The disk of ${folder} is nearly full (${free}): backups wait for room.`, cure }),
  }
}

/** Three tries of a day each. */
const oldSelfBackupMs = 3 * 86_400_000

function selfBackupOf(newestAtMs: number | null | undefined, nowMs: number): Record<string, HealthDetail> {
  if (newestAtMs === undefined) return {}
  const cure = 'Run `holdfast-hub self-backup`: it says what keeps the hub from it.'
  if (newestAtMs === null) {
    const message = 'The hub has not backed itself up yet.'
    return { selfBackup: warning({ code: 'self-backup.missing', params: {}, message, cure }) }
  }
  const params = { newestMs: newestAtMs }
  const at = new Date(newestAtMs).toISOString()
  if (nowMs - newestAtMs > oldSelfBackupMs) {
    const message = `The hub\u2019s newest backup of itself is of ${at}.`
    return { selfBackup: warning({ code: 'self-backup.old', params, message, cure }) }
  }
  return { selfBackup: { ...fine, code: 'self-backup.made', params, message: `The hub backed itself up at ${at}.` } }
}

function logsOf({ place, path, problem: found }: LogFileState): HealthDetail {
  if (place === 'file' && found === null) return fine
  const problem = found ?? 'unknown'
  const cure = 'Make space on the disk of HOLDFAST_DATA, or its folder `logs` writable: the hub tries again every 30 s.'
  const what = `The hub\u2019s log file cannot be written (${problem})`
  return path === null
    ? warning({ code: 'log.nowhere', params: { problem }, message: `${what}; lines go to standard error alone.`, cure })
    : warning({ code: 'log.elsewhere', params: { problem, path }, message: `${what}; lines go to ${path}.`, cure })
}

function certificateOf({ validToMs, problem }: CertificateState, nowMs: number): HealthDetail {
  const params = { validToMs }
  const until = new Date(validToMs).toISOString()
  if (problem !== null) {
    const message = `The new certificate is not in use. ${problem.message}`
    return warning({ code: 'certificate.not-in-use', params: { ...params, problem: problem.message }, message, cure: problem.cure })
  }
  if (nowMs > validToMs) {
    const cure = 'Renew it: agents and browsers refuse it.'
    return warning({ code: 'certificate.expired', params, message: `The certificate has expired at ${until}.`, cure })
  }
  if (validToMs - nowMs < renewBeforeMs) {
    const cure = 'Renew it; the hub takes the new files by itself.'
    return warning({ code: 'certificate.expires-soon', params, message: `The certificate expires at ${until}.`, cure })
  }
  return { ...fine, code: 'certificate.valid', params, message: `The certificate is valid until ${until}.` }
}
