import { readFileSync } from 'node:fs'
import { AppError } from '@holdfast/shared-types'
import { changeHubUrl } from '../enrolment/change-hub-url.ts'
import { enrolAgent } from '../enrolment/enrol-agent.ts'
import { systemErrorCode } from '../errors/to-app-error.ts'
import { parseHubUrl } from '../hub-connection/hub-address.ts'
import { requireAuthority, type HubPlace } from '../hub-connection/hub-trust.ts'
import { loadAgentKeys } from '../identity/agent-keys.ts'
import { fingerprintOfDevice } from '../identity/device-fingerprint.ts'
import type { Identity } from '../identity/identity.ts'
import { readFingerprint } from '../identity/vault-fingerprint.ts'
import { print, type CommandContext } from './command-context.ts'

export interface EnrolArguments {
  readonly hubUrl: string | undefined
  readonly token: string | undefined
  readonly name: string | undefined
  readonly updateUrl: string | undefined
  readonly vaultFingerprint: string | undefined
  /** File with certificates. */
  readonly ca: string | undefined
}

export async function enrolCommand(context: CommandContext, args: EnrolArguments): Promise<number> {
  const authority = args.ca === undefined ? undefined : readAuthority(args.ca)
  if (args.updateUrl !== undefined) {
    if (args.hubUrl !== undefined || args.token !== undefined || args.name !== undefined || args.vaultFingerprint !== undefined)
      throw usage('--update-url goes with --ca alone: it changes the hub\u2019s address of a device that is enrolled.')
    const identity = await changeHubUrl(context.folders, placeOf(args.updateUrl, authority))
    print(context, document(identity), () => [
      `${identity.name} now looks for its hub at ${identity.hubUrl}.`,
      'A running agent takes this up when it is started again.',
    ])
    return 0
  }
  if (args.hubUrl === undefined || args.token === undefined) throw usage('Enrolling needs the hub\u2019s address and a token.')
  const identity = await enrolAgent(context.folders, {
    ...placeOf(args.hubUrl, authority),
    token: args.token,
    name: args.name,
    vaultFingerprint: fingerprintOf(args.vaultFingerprint),
  })
  await warmUp()
  const fingerprint = await fingerprintOfDevice(await loadAgentKeys(context.folders.keysFolder))
  print(context, { ...document(identity), deviceFingerprint: fingerprint }, () => [
    `This machine is enrolled as ${identity.name} at ${identity.hubUrl}.`,
    ...(identity.vaultKind === 'private' ? privateNext(fingerprint, args.vaultFingerprint !== undefined) : []),
    'Start its agent with `holdfast run`, or back up now with `holdfast backup PATH`.',
  ])
  return 0
}

function privateNext(fingerprint: string, isVaultKnown: boolean): string[] {
  return [
    'Its vault is private: it gets the keys when somebody who can open the vault lets it in, on the vault\u2019s page.',
    `There this device has to have the fingerprint ${fingerprint}. If it shows another one, do not let it in.`,
    ...(isVaultKnown ? [] : ['Afterwards compare the vault\u2019s own: `holdfast status` shows it after the first backup.']),
  ]
}

/** @throws AppError `command.invalid` */
function fingerprintOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const fingerprint = readFingerprint(text)
  if (fingerprint === null) throw usage('A fingerprint has twenty hex digits, like 3f2a-6c1e-0d4b-4c7a-9b7e.')
  return fingerprint
}

function placeOf(address: string, authority: string | undefined): HubPlace {
  const hubUrl = parseHubUrl(address)
  if (authority !== undefined && !hubUrl.startsWith('https:')) throw usage('--ca is for an address that begins with https://.')
  return { hubUrl, authority }
}

/** @throws AppError `command.invalid` */
function readAuthority(file: string): string {
  try {
    return requireAuthority(readFileSync(file, 'utf8'))
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw usage(`The file given with --ca cannot be read (${systemErrorCode(cause) ?? 'unknown'}).`)
  }
}

/** Node keeps what it has compiled (bin/holdfast.js): so already the first start of the agent is a quick and a small one. */
async function warmUp(): Promise<void> {
  await Promise.all([import('./run-command.ts'), import('../service/agent-service.ts')])
}

const usage = (message: string): AppError =>
  new AppError('command.invalid', { message, cure: 'Use `holdfast enrol HUB_URL --token TOKEN`, or `holdfast enrol --update-url URL`.' })

const document = (identity: Identity): Record<string, unknown> => ({
  agentId: identity.agentId,
  name: identity.name,
  hubUrl: identity.hubUrl,
  hubId: identity.hubId,
  vaultId: identity.vaultId,
  vaultKind: identity.vaultKind ?? 'managed',
})
