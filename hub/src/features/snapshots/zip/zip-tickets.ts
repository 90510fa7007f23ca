import { randomBytes } from 'node:crypto'
import { AppError, type SnapshotId } from '@holdfast/shared-types'
import type { KnownActor } from '../../../platform/http/actor.ts'
import { accountOf } from './zip-slots.ts'

/** Which entries of which folder. */
export interface ZipChoice {
  readonly snapshotId: SnapshotId
  readonly folder: readonly Uint8Array[]
  /** Latin-1 of the raw names, as keys; null = the folder itself. */
  readonly names: ReadonlySet<string> | null
  /** Also what is deleted, beyond what is named. */
  readonly withDeleted: boolean
}

/**
 * Choices that wait for their link to be opened.
 *
 * Why tickets: thousands of names do not fit into an address, and a plain link is all that a browser's own download takes (a form that
 * posts them would, when the hub refuses, put the refusal in the console's place). They lie in memory: a restart costs a click.
 */
export interface ZipTickets {
  issue(actor: KnownActor, choice: ZipChoice): { readonly ticket: string; readonly expiresAtMs: number }
  /** The ticket stays: a browser asks again when a download broke. @throws AppError `snapshot.zip-ticket-gone` also for another's */
  redeem(actor: KnownActor, snapshotId: SnapshotId, ticket: string): ZipChoice
}

interface Kept {
  readonly account: string
  readonly choice: ZipChoice
  readonly expiresAtMs: number
  readonly sizeBytes: number
}

const lifeMs = 15 * 60_000
/** All together, and of one account, so that nobody makes another's links go; the oldest go first. One request brings 1.5 MB at most. */
const maxBytes = 32 * 1024 * 1024
const maxBytesOfAccount = maxBytes / 4

export function createZipTickets(now: () => number): ZipTickets {
  // In the order of their making, which is that of their ends.
  const kept = new Map<string, Kept>()
  let bytes = 0
  const remove = (ticket: string, { sizeBytes }: Kept): void => {
    kept.delete(ticket)
    bytes -= sizeBytes
  }
  const tidy = (): void => {
    for (const [ticket, entry] of kept) {
      if (entry.expiresAtMs > now() && bytes <= maxBytes) return
      remove(ticket, entry)
    }
  }
  const tidyAccount = (account: string): void => {
    const own = [...kept].filter(([, entry]) => entry.account === account)
    let ownBytes = own.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0)
    for (const [ticket, entry] of own) {
      if (ownBytes <= maxBytesOfAccount) return
      remove(ticket, entry)
      ownBytes -= entry.sizeBytes
    }
  }
  return {
    issue(actor, choice) {
      const ticket = randomBytes(16).toString('base64url')
      const expiresAtMs = now() + lifeMs
      const account = accountOf(actor)
      // Copies: components are views of the whole text of the request.
      const own = { ...choice, folder: choice.folder.map((component) => Uint8Array.from(component)) }
      const sizeBytes = sizeOf(own)
      kept.set(ticket, { account, choice: own, expiresAtMs, sizeBytes })
      bytes += sizeBytes
      tidyAccount(account)
      tidy()
      return { ticket, expiresAtMs }
    },
    redeem(actor, snapshotId, ticket) {
      tidy()
      const entry = kept.get(ticket)
      if (entry === undefined || entry.account !== accountOf(actor) || entry.choice.snapshotId !== snapshotId)
        throw new AppError('snapshot.zip-ticket-gone')
      return entry.choice
    },
  }
}

/** Of many short things most is not their letters. */
function sizeOf({ folder, names }: ZipChoice): number {
  const ofFolder = folder.reduce((sum, component) => sum + component.length + 200, 0)
  return [...(names ?? [])].reduce((sum, name) => sum + name.length + 64, 500 + ofFolder)
}
