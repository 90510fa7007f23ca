import type { HealthDetail } from '@holdfast/shared-types'
import { renewBeforeMs, type CertificateState } from '../../platform/http/kept-certificate.ts'
import type { LogFileState } from '../../platform/logging/log-file.ts'

export interface HubConditions {
  readonly logFile: { readonly state: LogFileState } | null
  readonly certificate: { readonly state: CertificateState } | null
}

const fine: HealthDetail = { status: 'ok', latencyMs: null, message: null, cure: null }
const warning = (message: string, cure: string): HealthDetail => ({ status: 'warning', latencyMs: null, message, cure })

/** What works and wants a look: nothing of it makes the hub unfit to serve. */
export const hubConditions = ({ logFile, certificate }: HubConditions, nowMs: number): Record<string, HealthDetail> => ({
  ...(logFile === null ? {} : { logs: logsOf(logFile.state) }),
  ...(certificate === null ? {} : { certificate: certificateOf(certificate.state, nowMs) }),
})

function logsOf({ place, path, problem }: LogFileState): HealthDetail {
  if (place === 'file' && problem === null) return fine
  const instead = path === null ? 'lines go to standard error alone' : `lines go to ${path}`
  return warning(
    `The hub\u2019s log file cannot be written (${problem ?? 'unknown'}); ${instead}.`,
    'Make space on the disk of HOLDFAST_DATA, or its folder `logs` writable: the hub tries again every 30 s.',
  )
}

function certificateOf({ validToMs, problem }: CertificateState, nowMs: number): HealthDetail {
  const until = new Date(validToMs).toISOString()
  if (problem !== null) return warning(`The new certificate is not in use. ${problem.message}`, problem.cure)
  if (nowMs > validToMs) return warning(`The certificate has expired at ${until}.`, 'Renew it: agents and browsers refuse it.')
  if (validToMs - nowMs < renewBeforeMs)
    return warning(`The certificate expires at ${until}.`, 'Renew it; the hub takes the new files by itself.')
  return { ...fine, message: `The certificate is valid until ${until}.` }
}
