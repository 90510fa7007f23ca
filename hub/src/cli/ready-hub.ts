import type { HubStatus } from '../admin-socket/admin-operations.ts'

/** What a hub that has started tells whoever started it. */
export interface ReadyHub {
  readonly url: string
  readonly hubId: string
  readonly pid: number
  readonly version: string
  /** One-time address, while no administrator has chosen a password. */
  readonly signInUrl: string | null
  readonly vaultsWithoutRecoveryKey: readonly string[]
}

export const readyHub = (status: HubStatus, signInUrl: string | null): ReadyHub => ({
  url: status.url,
  hubId: status.hubId,
  pid: status.pid,
  version: status.version,
  signInUrl,
  vaultsWithoutRecoveryKey: status.vaultsWithoutRecoveryKey,
})

/** The lines on stdout; `npm start` and scripts read the first two by their beginnings. */
export function readyLines({ url, signInUrl, vaultsWithoutRecoveryKey }: ReadyHub): string[] {
  return [
    `Holdfast hub at ${url}`,
    ...(signInUrl === null ? [] : [`Sign in: ${signInUrl}`]),
    ...vaultsWithoutRecoveryKey.map(
      (vaultId) =>
        `No recovery key was exported yet for vault ${vaultId}: its only key lies on the same disk as its backups. Export one in the console, or by \`holdfast-hub vault-key export --file FILE\`.`,
    ),
  ]
}
