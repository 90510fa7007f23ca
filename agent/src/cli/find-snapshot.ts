import { AppError, type Snapshot } from '@holdfast/shared-types'
import type { HubClient } from '../hub-connection/hub-client.ts'

/** `latest`, or at least 8 hex digits: what the hub takes, checked here so that a typing error costs no round trip. */
export function parseSnapshotName(text: string): string {
  const name = text.trim().toLowerCase()
  if (name === 'latest' || /^[0-9a-f]{8,32}$/.test(name)) return name
  throw new AppError('command.invalid', {
    message: `“${text}” does not name a snapshot.`,
    cure: 'Give an id, at least its first 8 digits, or `latest`; `holdfast snapshots` lists them.',
  })
}

/** @throws AppError `snapshot.not-found`, `snapshot.ambiguous` */
export const findSnapshot = (client: HubClient, name: string, host: string | undefined): Promise<Snapshot> =>
  client.call('getSnapshot', { params: { snapshot: parseSnapshotName(name) }, query: { host } })
