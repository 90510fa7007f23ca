import { randomInt } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import path from 'node:path'
import { AppError, type VaultId } from '@holdfast/shared-types'
import type { AdminHandlers } from '../admin-socket/admin-operations.ts'
import {
  fingerprintOfDevice,
  isSameFingerprint,
  makePrivateVault,
  makeWords,
  openAsPerson,
  type PersonsVault,
} from '../features/vaults/index.ts'
import { requireYes } from './ask-yes.ts'
import type { CliContext } from './cli-context.ts'
import { keepKeyFile, requireNoFile } from './key-file.ts'
import { askSecret, newPassphrase, type NewPassphraseOptions } from './vault-secret.ts'
import { withAdmin } from './with-admin.ts'

/** How many of the words are asked back: who has not written them down does not have three of them. */
const wordsAskedBack = 3

export interface CreatePrivateVaultOptions {
  readonly name: string
  readonly passphrase: NewPassphraseOptions
  /** Where the words are put; null: shown on the terminal, and asked back. */
  readonly wordsFile: string | null
}

/** Makes a private vault: its keys come about here, and end with this process. The hub gets what it may have. */
export async function createPrivateVaultCommand(
  context: CliContext,
  { name, passphrase: typed, wordsFile }: CreatePrivateVaultOptions,
): Promise<void> {
  const place = wordsFile === null ? null : path.resolve(wordsFile)
  if (place !== null) requireNoFile(place)
  const passphrase = await newPassphrase(typed)
  const words = await makeWords()
  if (place === null) await showWords(words.split(' '))
  const { toGive, fingerprint } = await makePrivateVault(name, { passphrase, words }, Date.now())
  const { vaultId } = toGive
  const take = () => withAdmin(context, (admin) => admin['vault-take-on'](toGive))
  await (place === null ? take() : keepKeyFile(place, { format: 'holdfast-key-1', vaultId, words: words.split(' ') }, take))
  context.answer({ vaultId, name, fingerprint, wordsFile: place }, [
    `The private vault ${name} (${vaultId}) is there.`,
    `Its fingerprint: ${fingerprint}. Compare it with what \`holdfast status\` shows on each device that you let in.`,
    'Whoever loses both the passphrase and the words loses every backup in it: nobody else can open it.',
    `Add a device: \`holdfast-hub enrol-token create --vault ${vaultId}\`, then \`holdfast-hub vault approve DEVICE\`.`,
  ])
}

async function showWords(words: readonly string[]): Promise<void> {
  const { stdin, stderr } = process
  if (!stdin.isTTY || !stderr.isTTY)
    throw new AppError('command.invalid', {
      message: 'The recovery words are shown on a terminal, and there is none here. Nothing was made.',
      cure: 'Run the command on a terminal, or name a file for them: --words-file.',
    })
  stderr.write('\nThe recovery words. They are shown once: write them down now.\n\n')
  for (let at = 0; at < words.length; at += 6)
    stderr.write(
      `  ${words
        .slice(at, at + 6)
        .map((word, index) => `${String(at + index + 1).padStart(2)}. ${word.padEnd(9)}`)
        .join(' ')}\n`,
    )
  stderr.write('\n')
  const asked = createInterface({ input: stdin, output: stderr })
  try {
    const places = new Set<number>()
    while (places.size < wordsAskedBack) places.add(randomInt(words.length))
    for (const place of [...places].toSorted((left, right) => left - right)) {
      const answer = await asked.question(`Word ${place + 1}: `)
      if (answer.trim().toLowerCase() !== words[place])
        throw new AppError('command.invalid', {
          message: 'That is another word. Nothing was made.',
          cure: 'Run the command again: it makes new words.',
        })
    }
  } finally {
    asked.close()
  }
}

export interface OpeningOptions {
  /** Id or name. */
  readonly vault: string
  /** With the passphrase or the words; null: asked for. */
  readonly passphraseFile: string | null
}

export interface Approval extends OpeningOptions {
  /** Id or name. */
  readonly device: string
  /** As the device shows it: nothing is asked then, and a device of other keys is not let in. */
  readonly fingerprint: string | null
  /** Nobody compares anything. */
  readonly isSure: boolean
}

/** Lets a waiting device in: its keys are vouched for, and those of the vault sealed to it, in this process. */
export const approveDeviceCommand = (context: CliContext, approval: Approval): Promise<void> =>
  withAdmin(context, (admin) => approveDevice(context, admin, approval))

export async function approveDevice(
  context: Pick<CliContext, 'answer'>,
  admin: Pick<AdminHandlers, 'vault-key-objects' | 'vault-approve'>,
  { device, vault, passphraseFile, fingerprint: seen, isSure }: Approval,
): Promise<void> {
  const objects = await admin['vault-key-objects']({ vault })
  const found = objects.waiting.filter(({ agentId, name }) => agentId === device.toLowerCase() || name === device)
  const [agent] = found
  if (agent === undefined)
    throw new AppError('agent.not-found', {
      message: `No device ${device} waits for the keys of this vault.`,
      cure: 'Check its name; `holdfast enrol` comes first.',
    })
  if (found.length > 1) throw new AppError('agent.ambiguous')
  const opened = await openAsPerson(objects, await askSecret(passphraseFile))
  const vaultFingerprint = await opened.fingerprint(agent.domainId)
  // Of the keys that are let in below; what the hub says of them is its own word.
  const fingerprint = await fingerprintOfDevice(agent)
  if (seen !== null && !isSameFingerprint(seen, fingerprint))
    throw new AppError('vault.keys-invalid', {
      message: `The keys that the hub offers for ${agent.name} have another fingerprint: ${fingerprint}. Nothing was given to it.`,
      cure: 'Look at `holdfast status` on the device again. If it differs, somebody offers keys of their own.',
    })
  if (seen === null && !isSure)
    await requireYes(
      `\`holdfast status\` on ${agent.name} has to show this as its own: ${fingerprint}. Does it?`,
      '--fingerprint with what it shows',
    )
  const { agentId } = agent
  await admin['vault-approve']({ vaultId: objects.vaultId, agentId, ...(await opened.keysFor(agent, Date.now())) })
  context.answer({ agentId, name: agent.name, deviceFingerprint: fingerprint, vaultFingerprint }, [
    `${agent.name} has the keys of its vault.`,
    `\`holdfast status\` there shows the vault as ${vaultFingerprint} from now on.`,
  ])
}

/** Ways to open a private vault, by their ids. */
export async function listSlotsCommand(context: CliContext, { vault }: Pick<OpeningOptions, 'vault'>): Promise<void> {
  const { slots } = await withAdmin(context, (admin) => admin['vault-key-objects']({ vault }))
  context.answer(
    { slots: slots.map(({ slotId, kind }) => ({ slotId, kind })) },
    slots.map(({ slotId, kind }) => `${slotId}  ${kind === 'passphrase' ? 'passphrase' : 'recovery words'}`),
  )
}

/** Adds a passphrase, or words, that open the vault as well; it is tried before it counts. */
export async function addSlotCommand(context: CliContext, options: AddedSlot): Promise<void> {
  if (options.wordsFile !== null) requireNoFile(path.resolve(options.wordsFile))
  await withAdmin(context, (admin) => addSlot(context, admin, options))
}

type SlotDoor = Pick<AdminHandlers, 'vault-key-objects' | 'vault-slot-add' | 'vault-slot-remove'>

export async function addSlot(
  context: Pick<CliContext, 'answer'>,
  admin: SlotDoor,
  { vault, passphraseFile, passphrase, wordsFile, withWords }: AddedSlot,
): Promise<void> {
  const objects = await admin['vault-key-objects']({ vault })
  const { vaultId } = objects
  const opened = await openAsPerson(objects, await askSecret(passphraseFile))
  const add = (secret: PersonsSecret) => storeSlot(admin, vaultId, opened, secret)
  const slotId = withWords
    ? await addWords(vaultId, wordsFile, add)
    : await add({ kind: 'passphrase', passphrase: await newPassphrase(passphrase) })
  context.answer({ vaultId, slotId }, [`The vault opens with it from now on (slot ${slotId}).`])
}

export interface AddedSlot extends OpeningOptions {
  /** Words instead of a passphrase. */
  readonly withWords: boolean
  /** The new one. */
  readonly passphrase: NewPassphraseOptions
  readonly wordsFile: string | null
}

type PersonsSecret = Parameters<PersonsVault['slotFor']>[0]

async function addWords(vaultId: VaultId, wordsFile: string | null, add: (secret: PersonsSecret) => Promise<string>): Promise<string> {
  const words = await makeWords()
  const key = { format: 'holdfast-key-1', vaultId, words: words.split(' ') } as const
  const addThem = () => add({ kind: 'recovery-words', words })
  if (wordsFile !== null) return keepKeyFile(path.resolve(wordsFile), key, addThem)
  await showWords(key.words)
  return addThem()
}

/** @throws AppError `vault.slot-unusable` where the slot that lies in the store does not open the vault */
async function storeSlot(admin: SlotDoor, vaultId: VaultId, opened: PersonsVault, secret: PersonsSecret): Promise<string> {
  const { slotId, bytes } = await opened.slotFor(secret)
  await admin['vault-slot-add']({ vaultId, slotId, bytes })
  try {
    const stored = (await admin['vault-key-objects']({ vault: vaultId })).slots.find((slot) => slot.slotId === slotId)
    if (stored === undefined || !(await opened.isOpenedBy(stored, secret))) throw new AppError('vault.slot-unusable')
    return slotId
  } catch (error) {
    // One that nobody saw open the vault must not be taken for a way into it. What went wrong is told either way.
    await admin['vault-slot-remove']({ vaultId, slotId }).catch(() => undefined)
    throw error
  }
}

/** The last passphrase and the last words stay. */
export async function removeSlotCommand(
  context: CliContext,
  { vault, slotId }: { readonly vault: string; readonly slotId: string },
): Promise<void> {
  await withAdmin(context, async (admin) => {
    const { vaultId } = await admin['vault-key-objects']({ vault })
    await admin['vault-slot-remove']({ vaultId, slotId: slotId.toLowerCase() })
    context.answer({ vaultId, slotId }, ['It opens the vault no more. Whoever copied the store before can still use it there.'])
  })
}
