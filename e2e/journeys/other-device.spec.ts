import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { RestoreDialog } from '../pages/restore-dialog.ts'
import { signInByLink } from '../pages/sign-in.ts'
import { SnapshotPage } from '../pages/snapshot-page.ts'
import type { BackupDocument } from '../stack/json-documents.ts'
import { startSecondAgent, type SecondAgent } from '../stack/second-agent.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'
import { findTreeDifferences } from '../stack/tree-differences.ts'

let stack: Stack
let successor: SecondAgent
test.beforeAll(async () => {
  stack = await startStack()
  successor = await startSecondAgent(stack, 'successor')
})
test.afterAll(async () => {
  await successor.stop()
  await stack.stop()
})

/** What a home has, with everything by which two entries can differ. */
function makeTree(source: string): void {
  mkdirSync(join(source, 'thesis/empty'), { recursive: true })
  for (let chapter = 0; chapter < 40; chapter += 1)
    writeFileSync(join(source, 'thesis', `chapter ${chapter}.tex`), 'x'.repeat(chapter * 99))
  writeFileSync(join(source, 'photo.raw'), randomBytes(6_000_000))
  linkSync(join(source, 'photo.raw'), join(source, 'the same photo.raw'))
  symlinkSync('thesis/chapter 1.tex', join(source, 'begin here'))
  chmodSync(join(source, 'thesis/empty'), 0o700)
  utimesSync(join(source, 'thesis/chapter 2.tex'), 1_000_000_000, 1_234_567_890)
}

test('a laptop died: what it had backed up is restored to the one that takes its place, every byte', async ({ page }) => {
  const source = join(stack.folder, 'source')
  makeTree(source)
  const { snapshotId } = await stack.holdfast<BackupDocument>(['backup', source])
  await stack.agent().stop()
  await stack.holdfastHub(['device', 'revoke', 'journey'])
  const target = join(stack.folder, 'out')
  mkdirSync(target)

  await signInByLink(page, stack.signInLink)
  const snapshot = new SnapshotPage(page)
  await snapshot.open(snapshotId ?? '', '')
  await snapshot.restoreAll()
  const restore = new RestoreDialog(page)
  await restore.expectWarning('journey is no longer here')
  await restore.typeTarget(stack.folder)
  await restore.chooseDevice('successor')
  await restore.browseInto('out')
  await (await restore.start()).expectState('Succeeded', 120_000)
  expect(await findTreeDifferences(source, join(target, source))).toBe('')

  // By its own command line a device reads nobody else's.
  const refused = await successor.tryHoldfast(['restore', snapshotId ?? '', '--target', join(stack.folder, 'stolen')])
  expect(refused.exitCode).not.toBe(0)
  expect(refused.stdout).toContain('snapshot.not-found')
})
