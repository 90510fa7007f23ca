import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FailureDocument, RestoreDocument } from '../stack/json-documents.ts'
import type { SeededRandom } from '../stack/seeded-random.ts'
import type { Stack } from '../stack/start-stack.ts'
import { findTreeDifferences } from '../stack/tree-differences.ts'

/** Short, so that a run whose agent was killed is given up while the test waits; long enough for a crowded machine. */
export const leaseMs = 8_000
/** Nobody waits longer than two leases for a run that died (docs/agent-protocol.md), plus the time to start a program or two. */
const nextBackupWithinMs = 2 * leaseMs + 15_000

/**
 * What must hold once everything that was killed runs again: the vault is clean, the next backup succeeds, and its restore is equal to
 * the source.
 *
 * @param interrupted the backup in which the kill came; whatever it says, it ends.
 */
export async function expectRecovery(stack: Stack, source: string, interrupted: Promise<unknown>): Promise<void> {
  await stack.holdfastHub(['fsck'])
  await backUpSoon(stack, source)
  await interrupted
  await stack.holdfastHub(['fsck'])
  await expectEqualRestore(stack, source)
}

/** A run that died may stand in the way until its lease is over. */
async function backUpSoon(stack: Stack, source: string): Promise<void> {
  for (const deadline = performance.now() + nextBackupWithinMs; ; await sleep(100)) {
    const { exitCode, stdout, stderr } = await stack.tryHoldfast(['backup', source])
    if (exitCode === 0) return
    const { error } = JSON.parse(stdout || '{"error":{}}') as FailureDocument
    const mayPass = ['run.already-active', 'agent.busy', 'agent.offline', 'hub.unreachable'].includes(error.code)
    if (!mayPass || performance.now() > deadline) throw new Error(`the next backup ended with ${exitCode}:\n${stdout}\n${stderr}`)
  }
}

async function expectEqualRestore(stack: Stack, source: string): Promise<void> {
  const target = join(stack.folder, 'restored')
  mkdirSync(target)
  const { status } = await stack.holdfast<RestoreDocument>(['restore', 'latest', '--target', target])
  if (status !== 'succeeded') throw new Error(`the restore ended with ${status}`)
  const differences = await findTreeDifferences(source, join(target, source))
  if (differences !== '') throw new Error(`the restored tree differs:\n${differences}`)
  rmSync(target, { recursive: true })
}

/** Something new to back up: many small files, and up to four large ones whose packs are on their way when the kill comes. */
export function changeSource(source: string, random: SeededRandom, largeBytes = 4 * 2 ** 20): void {
  for (let folder = 0; folder < 10; folder += 1) {
    const path = join(source, `folder ${folder}`)
    mkdirSync(path, { recursive: true })
    for (let file = 0; file < 30; file += 1) {
      if (random.next() < 0.5) writeFileSync(join(path, `file ${file}`), random.bytes(random.below(20_000)))
    }
  }
  for (let file = 0; file < 4; file += 1) {
    if (random.next() < 0.7) writeFileSync(join(source, `large ${file}`), random.bytes(largeBytes + random.below(largeBytes)))
  }
}
