import { readFileSync } from 'node:fs'
import { AppError } from '@holdfast/shared-types'
import type { CliContext } from './cli-context.ts'
import { alreadyRunning, holdDataFolder } from './hold-data-folder.ts'
import { parseVaultOption } from './vault-id-option.ts'

export interface RecoveryKeyOptions {
  /** With the words; `-` is standard input. Never an argument: those are seen by all users of the machine. */
  readonly file: string
  /** Null = each that the words open. */
  readonly vault: string | null
}

/** Says whether words open vaults of the store. Reads the store alone; a hub may run meanwhile. */
export async function testRecoveryKeyCommand(context: CliContext, options: RecoveryKeyOptions): Promise<void> {
  const opened = await openWith(context, options, null)
  context.answer(
    { vaults: opened.map(({ vaultId }) => vaultId) },
    opened.map(({ vaultId }) => `The words open vault ${vaultId}.`),
  )
}

/** Has vaults open with this hub's own secret, by the words of a recovery key: for a new machine, or a secret that was lost. */
export async function useRecoveryKeyCommand(context: CliContext, options: RecoveryKeyOptions): Promise<void> {
  const held = await holdDataFolder(context, 'command')
  if ('holder' in held) throw alreadyRunning(held.holder)
  try {
    const opened = await openWith(context, options, held.secret)
    context.answer({ vaults: opened.map(({ vaultId, hubSlot }) => ({ vaultId, isNew: hubSlot === 'added' })) }, [
      ...opened.map(({ vaultId, hubSlot }) =>
        hubSlot === 'added'
          ? `Vault ${vaultId} opens with this hub\u2019s secret from now on.`
          : `Vault ${vaultId} opened with this hub\u2019s secret before.`,
      ),
      'Start the hub with `holdfast-hub start`.',
    ])
  } finally {
    held.lock.release()
  }
}

/** The same for another command, which holds the data folder. */
export const useRecoveryKey = openWith

async function openWith({ config }: CliContext, { file, vault }: RecoveryKeyOptions, secret: Uint8Array | null) {
  const vaultId = parseVaultOption(vault)
  const text = readWords(file)
  const { useRecoveryWords } = await import('../features/vaults/index.ts')
  return useRecoveryWords(config.storeUrl, { text, vaultId, secret })
}

function readWords(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw new AppError('command.invalid', {
      message: `The file with the recovery words could not be read: ${file}.`,
      cure: 'Give the recovery kit, or a text file with the 24 words.',
      cause,
    })
  }
}
