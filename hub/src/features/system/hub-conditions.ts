import type { HealthConditionCode, HealthDetail } from '@holdfast/shared-types'
import { renewBeforeMs, type CertificateState } from '../../platform/http/kept-certificate.ts'
import type { DiskState } from '../../platform/disk-space/watched-disk.ts'
import type { LogFileState } from '../../platform/logging/log-file.ts'

export interface HubConditions {
  readonly logFile: { readonly state: LogFileState } | null
  readonly certificate: { readonly state: CertificateState } | null
  readonly disks: () => readonly DiskState[]
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
export const hubConditions = ({ logFile, certificate, disks }: HubConditions, nowMs: number): Record<string, HealthDetail> => ({
  ...(logFile === null ? {} : { logs: logsOf(logFile.state) }),
  ...(certificate === null ? {} : { certificate: certificateOf(certificate.state, nowMs) }),
  ...disksOf(disks()),
})

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
