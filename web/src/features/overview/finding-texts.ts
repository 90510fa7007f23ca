import { describeCoded } from '../../platform/errors/describe-error.ts'
import { describeHealth } from '../../platform/errors/describe-health.ts'
import type { MessageKey } from '../../platform/i18n/text.ts'
import type { useText } from '../../platform/i18n/use-text.ts'
import type { Finding } from './findings.ts'

type Texts = Pick<ReturnType<typeof useText>, 't' | 'relative' | 'count' | 'exact' | 'bytes'>
export interface FindingText {
  readonly title: string
  /** Its cause, and what to do about it where no button does. */
  readonly text: string
}

const checks = ['database', 'store', 'logs', 'certificate', 'space', 'selfBackup', 'tidying'] as const
const isKnownCheck = (name: string): name is (typeof checks)[number] => (checks as readonly string[]).includes(name)

/** How long it has been away, or that it never came. */
function awayText({ device, helpfulPlan }: Finding, { t, relative }: Texts, nowMs: number): string {
  if (device === undefined || device.online) return t(helpfulPlan === undefined ? 'overview.finding.here' : 'overview.finding.herePlan')
  if (device.lastSeenAtMs === null) return t('overview.finding.neverSeen')
  return t('overview.finding.away', { when: relative(device.lastSeenAtMs, nowMs) })
}

function newestBackupText({ device }: Finding, { t, relative }: Texts, nowMs: number): string {
  const atMs = device?.lastSnapshotAtMs ?? null
  return atMs === null ? t('overview.finding.noBackup') : t('overview.finding.newest', { when: relative(atMs, nowMs) })
}

function errorText(finding: Finding, texts: Texts): string {
  if (finding.error === null || finding.error === undefined) return texts.t('overview.finding.seeRun')
  const { what, cure } = describeCoded(finding.error)
  return `${what} ${cure}`
}

const warningsText = ({ warningCount }: Finding, { t, count }: Texts): string =>
  warningCount
    ? t('overview.finding.warnings.counted', { count: warningCount, shown: count(warningCount) })
    : t('overview.finding.warnings.text')

function vaultText({ kind, vault }: Finding, { t, relative, count }: Texts, nowMs: number): string {
  const { damage = null, packsLost = 0, snapshotsLost = 0, snapshotsDamaged = 0 } = vault ?? {}
  if (kind === 'vault-files') return t('overview.finding.vault-files.text', { snapshots: count(snapshotsDamaged) })
  if (kind === 'vault-lost') return t('overview.finding.vault-lost.text', { packs: count(packsLost), snapshots: count(snapshotsLost) })
  const problems = damage?.problemCount ?? 0
  const when = relative(damage?.foundAtMs ?? nowMs, nowMs)
  return t('overview.finding.vault-damaged.text', { count: problems, shown: count(problems), when })
}

function healthText({ health }: Finding, texts: Texts): string {
  const told = health === undefined ? null : describeHealth(health, texts)
  return told === null ? texts.t('overview.finding.askAdministrator') : `${told.what} ${told.cure}`.trim()
}

const waitingOf = ({ waiting = 0 }: Finding, { count }: Texts) => ({ count: waiting, shown: count(waiting) })

/** Snapshots that go, or none but versions of files in them. */
const waitText = (finding: Finding, texts: Texts): string =>
  finding.waiting === 0
    ? texts.t('overview.finding.retention-waits.versions')
    : texts.t('overview.finding.retention-waits.text', waitingOf(finding, texts))

function textOf(finding: Finding, texts: Texts, nowMs: number): string {
  const { t } = texts
  if (finding.vault !== undefined) return vaultText(finding, texts, nowMs)
  switch (finding.kind) {
    case 'never':
      return awayText(finding, texts, nowMs)
    case 'old':
    case 'long-ago':
      return `${newestBackupText(finding, texts, nowMs)} ${awayText(finding, texts, nowMs)}`
    case 'run-failed':
      return `${errorText(finding, texts)} ${newestBackupText(finding, texts, nowMs)}`
    case 'plan-blocked':
    case 'check-failed':
    case 'waits':
      return errorText(finding, texts)
    case 'health-failing':
    case 'health-warning':
      return healthText(finding, texts)
    case 'retention-waits':
      return waitText(finding, texts)
    case 'warnings':
      return warningsText(finding, texts)
    case 'paused':
      return `${t('overview.finding.paused.text')} ${newestBackupText(finding, texts, nowMs)}`
    case 'under-way':
      return newestBackupText(finding, texts, nowMs)
    default:
      return t(`overview.finding.${finding.kind}.text`, waitingOf(finding, texts))
  }
}

export function describeFinding(finding: Finding, texts: Texts, nowMs: number): FindingText {
  const { t } = texts
  const { kind, plan } = finding
  const checkName = isKnownCheck(finding.name) ? t(`overview.check.${finding.name}`) : finding.name
  const name = kind === 'health-failing' || kind === 'health-warning' ? checkName : finding.name
  // What is said of a plan names it; the same without one is said of the device.
  const key: MessageKey =
    plan !== undefined && (kind === 'run-failed' || kind === 'warnings')
      ? `overview.finding.${kind}.titleOfPlan`
      : `overview.finding.${kind}.title`
  return { title: t(key, { name, plan: plan?.name ?? '' }), text: textOf(finding, texts, nowMs) }
}
