import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Api, EnrolAnswer, ResponseOf } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CommandLine, type CommandAnswer } from '../../test/command-line.ts'
import { FakeAgent } from '../../test/fake-agent.ts'
import { TestHub } from '../../test/test-hub.ts'
import { fingerprintOfDevice } from '../features/vaults/index.ts'

/* Private vaults as people run the commands: one hub, one vault, from its making to the last of its slots. */

let hub: TestHub
let cli: CommandLine
let folder: string
const file = (name: string): string => join(folder, name)
const kept = (name: string, text: string): string => (writeFileSync(file(name), text), file(name))
const vault = ['--vault', 'Family'] as const

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-keys-'))
  hub = await TestHub.start()
  cli = await CommandLine.beside(hub)
  kept('passphrase', 'seven quiet lamps above the harbour\nof the family\n')
  kept('wrong', 'seven quiet lamps above the garden\n')
})
afterAll(async () => {
  await cli.close()
  await hub.stop()
  rmSync(folder, { recursive: true })
})

const refusal = ({ exit, document: { error } }: CommandAnswer): readonly unknown[] => [exit, error?.code, error?.message]
const slots = async () => (await cli.run('vault', 'slots', 'list', ...vault)).document['slots'] as { slotId: string; kind: string }[]
const create = (passphrase: string, ...more: readonly string[]) =>
  cli.run('vault', 'create', '--private', 'Family', '--passphrase-file', file(passphrase), ...more)

test('create makes nothing without somebody to keep the words, over a file that is there, or with a passphrase that is guessed', async () => {
  expect(refusal(await create('passphrase'))).toEqual([2, 'command.invalid', expect.stringContaining('Nothing was made')])
  const words = kept('there already', 'precious')
  expect(refusal(await create('passphrase', '--words-file', words))).toEqual([
    2,
    'command.invalid',
    expect.stringContaining('is there already'),
  ])
  expect(readFileSync(words, 'utf8')).toBe('precious')
  const fresh = file('words.json')
  kept('short', 'kX9$vT2q&Lm\n')
  expect(refusal(await create('short', '--words-file', fresh))).toEqual([2, 'command.invalid', expect.stringContaining('fewer than 12')])
  kept('passing', 'seven quiet lamps above \u0378\n')
  expect(refusal(await create('passing', '--words-file', fresh))).toEqual([2, 'command.invalid', expect.stringContaining('another device')])
  kept('weak', 'Summer2026!!\n')
  const weak = await create('weak', '--words-file', fresh)
  expect(refusal(weak)).toEqual([2, 'command.invalid', expect.stringContaining('is weak')])
  expect(weak.document.error?.cure).toContain('--weak-passphrase')
  expect(refusal(await create('not there', '--words-file', fresh))).toEqual([
    2,
    'command.invalid',
    expect.stringContaining('could not be read'),
  ])
  expect(existsSync(fresh)).toBe(false)
  const { items } = await hub.json<ResponseOf<Api['listVaults']>>(hub.get('/api/v1/vaults'))
  expect(items.map(({ kind }) => kind)).toEqual(['managed'])
})

test('create makes a vault, and keeps its words in a file for its owner alone', async () => {
  const words = file('words.json')
  const made = await create('passphrase', '--words-file', words)
  expect(made).toMatchObject({
    exit: 0,
    document: { name: 'Family', wordsFile: words, fingerprint: expect.stringMatching(/^([0-9a-f]{4}-){4}/) },
  })
  const key = JSON.parse(readFileSync(words, 'utf8')) as { format: string; vaultId: string; words: string[] }
  expect([key.format, key.vaultId, key.words.length]).toEqual(['holdfast-key-1', made.document['vaultId'], 24])
  expect(statSync(words).mode & 0o777).toBe(0o600)
  expect(JSON.stringify(made.document)).not.toContain(key.words.slice(0, 3).join('","'))
  expect((await slots()).map(({ kind }) => kind).toSorted()).toEqual(['passphrase', 'recovery-words'])
})

test('approve lets in the device whose keys were compared, and no other', async () => {
  const agent = new FakeAgent('laptop')
  const { document } = await cli.run('enrol-token', 'create', ...vault)
  const keys = agent.enrolRequest(String(document['token']))
  const { agentId } = await hub.json<EnrolAnswer>(hub.post('/api/v1/enrol', keys, ''))
  const approve = (secret: string, ...more: readonly string[]) =>
    cli.run('vault', 'approve', 'laptop', ...vault, '--passphrase-file', file(secret), ...more)
  expect(refusal(await cli.run('vault', 'approve', 'laptop', '--vault', 'nobody', '--passphrase-file', file('wrong')))).toContain(
    'vault.not-found',
  )
  expect(refusal(await cli.run('vault', 'approve', 'desktop', ...vault, '--passphrase-file', file('wrong')))).toContain('agent.not-found')
  expect(refusal(await approve('wrong', '--yes'))).toEqual([12, 'vault.wrong-key', expect.stringContaining('Nothing was changed')])
  expect(refusal(await cli.run('vault', 'approve', 'laptop', ...vault, '--yes')), 'nobody can be asked').toContain('command.invalid')
  const fingerprint = await fingerprintOfDevice(keys)
  const unasked = await approve('passphrase')
  expect(refusal(unasked)).toEqual([2, 'command.invalid', expect.stringContaining(fingerprint)])
  const other = await fingerprintOfDevice(new FakeAgent('x').enrolRequest(''))
  expect(refusal(await approve('words.json', '--fingerprint', other))).toContain('vault.keys-invalid')
  const { items } = await hub.json<ResponseOf<Api['listWaitingDevices']>>(hub.get(`/api/v1/vaults/${await vaultId()}/waiting-devices`))
  expect(items.map(({ name }) => name)).toEqual(['laptop'])
  const letIn = await approve('words.json', '--fingerprint', fingerprint.toUpperCase().replaceAll('-', ' '))
  expect(letIn).toMatchObject({ exit: 0, document: { agentId, deviceFingerprint: fingerprint } })
  expect(refusal(await approve('wrong', '--yes'))).toContain('agent.not-found')
})

const vaultId = async (): Promise<string> => {
  const { items } = await hub.json<ResponseOf<Api['listVaults']>>(hub.get('/api/v1/vaults'))
  return items.find(({ name }) => name === 'Family')?.id ?? ''
}

test('slots: one more is added by who opens the vault, and the last of a kind stays', async () => {
  const [old] = (await slots()).filter(({ kind }) => kind === 'passphrase')
  const remove = (slotId: string) => cli.run('vault', 'slots', 'remove', slotId, ...vault)
  expect(refusal(await remove(old?.slotId ?? ''))).toContain('vault.slot-needed')
  expect(refusal(await remove('ab'.repeat(16)))).toContain('vault.slot-not-found')
  kept('next', 'Winter2026!!\n')
  const add = (secret: string, ...more: readonly string[]) =>
    cli.run('vault', 'slots', 'add', ...vault, '--passphrase-file', file(secret), ...more)
  const next = ['--new-passphrase-file', file('next')]
  expect(refusal(await add('wrong', ...next, '--weak-passphrase'))).toContain('vault.wrong-key')
  expect(refusal(await add('words.json', '--new-passphrase-file', file('short')))).toContain('command.invalid')
  expect(refusal(await add('words.json', ...next))).toContain('command.invalid')
  expect(refusal(await add('words.json', '--words'))).toContain('command.invalid')
  expect(refusal(await add('words.json', '--words', '--words-file', file('words.json')))).toContain('command.invalid')
  expect(await slots()).toHaveLength(2)
  const added = await add('words.json', ...next, '--weak-passphrase')
  expect([added.exit, (await slots()).map(({ slotId }) => slotId)]).toEqual([0, expect.arrayContaining([added.document['slotId']])])
  expect(await remove((old?.slotId ?? '').toUpperCase())).toMatchObject({ exit: 0 })
  expect(refusal(await add('passphrase', ...next))).toContain('vault.wrong-key')
  const words = await add('next', '--words', '--words-file', file('more words.json'))
  expect([words.exit, (await slots()).map(({ kind }) => kind).toSorted()]).toEqual([0, ['passphrase', 'recovery-words', 'recovery-words']])
})
