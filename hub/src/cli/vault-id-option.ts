import { AppError, VaultId } from '@holdfast/shared-types'

/** @param text of `--vault`; null where it was left out. @throws AppError `command.invalid` */
export function parseVaultOption(text: string | null): VaultId | null {
  if (text === null) return null
  const id = VaultId.safeParse(text)
  if (id.success) return id.data
  throw new AppError('command.invalid', {
    message: `${text} is not the id of a vault.`,
    cure: 'The console, the recovery kit and the name of the vault\u2019s folder have the id.',
  })
}
