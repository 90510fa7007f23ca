import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '@holdfast/shared-types'

/** The folder that the address of a vault names: a path of this machine, or `file:///…`. @throws AppError `command.invalid` */
export function storeFolder(address: string): string {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(address)?.[1]?.toLowerCase()
  if (scheme === undefined) {
    if (address === '') throw invalid('The address of the vault is empty.', 'Name the folder that holds vault.json.')
    return resolve(address)
  }
  if (scheme === 'file') return folderOfUrl(address)
  if (scheme === 's3')
    throw invalid(
      'This version opens vaults in folders only, not in S3.',
      'Copy what lies below the prefix of the vault into a folder, and open that: all objects with their keys as paths, vault.json at its top.',
    )
  throw invalid(`A vault is never kept at ${scheme}: addresses.`, 'Give the folder that holds vault.json, as a path or as file:///path.')
}

function folderOfUrl(address: string): string {
  try {
    return fileURLToPath(address)
  } catch (cause) {
    throw invalid(`“${address}” is no address of a folder.`, 'Give it as file:///path, with three slashes, or as a plain path.', cause)
  }
}

const invalid = (message: string, cure: string, cause?: unknown): AppError =>
  new AppError('command.invalid', { message, cure, ...(cause === undefined ? {} : { cause }) })
