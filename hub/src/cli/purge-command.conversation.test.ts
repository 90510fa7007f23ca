import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CommandLine } from '../../test/command-line.ts'
import { TestHub } from '../../test/test-hub.ts'
import { makePrivateVault, makeWords } from '../features/vaults/index.ts'

/* What the command itself decides; what a purge does is tried beside its code, and in e2e/journeys/purge.spec.ts. */

let hub: TestHub
let cli: CommandLine
beforeAll(async () => {
  hub = await TestHub.start()
  cli = await CommandLine.beside(hub)
})
afterAll(async () => {
  await cli.close()
  await hub.stop()
})

const purge = async (...args: readonly string[]) => {
  const { exit, document } = await cli.run('purge', ...args)
  return [exit, document.error?.code ?? document]
}

test('a path that nobody has: a look says so, and changes nothing', async () => {
  expect(await purge('/home/ada/nowhere.txt')).toEqual([0, expect.objectContaining({ snapshots: 0, entries: 0, samples: [] })])
  expect(await purge('--pattern', '*.key', '--pattern', '*.pem')).toEqual([0, expect.objectContaining({ entries: 0 })])
  expect(await purge('--list')).toEqual([0, { items: [] }])
})

test('nothing named, a device or a vault that is not there, and a vault that the hub cannot read are refused', async () => {
  expect(await purge('--yes')).toEqual([2, 'command.invalid'])
  expect(await purge('/x', '--vault', 'mine')).toEqual([2, 'command.invalid'])
  expect(await purge('/x', '--vault', randomUUID())).toEqual([4, 'vault.not-found'])
  expect(await purge('/x', '--device', 'nobody')).toEqual([4, 'agent.not-found'])
  const { toGive } = await makePrivateVault('Family', { passphrase: 'seven quiet lamps above the harbour', words: await makeWords() }, 1)
  await hub.json(hub.post('/api/v1/vaults', toGive))
  const family = ['--vault', toGive.vaultId]
  expect(await purge('/x', ...family)).toEqual([1, 'vault.rewriting-impossible'])
  expect(await purge('/x', ...family, '--yes')).toEqual([1, 'vault.rewriting-impossible'])
  expect(await purge(...family, '--list')).toEqual([0, { items: [] }])
})
