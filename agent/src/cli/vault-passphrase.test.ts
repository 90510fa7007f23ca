import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { holdfast, holdfastAt, type Ended } from '../../test/a-command-line.ts'
import { differences, LeftVault } from '../../test/a-left-vault.ts'

/* A private vault without any hub: its passphrase opens it as its words do. */

const passphrase = 'vier Igel \u00fcber Bord'
let left: LeftVault

beforeEach(async () => {
  left = await LeftVault.make(passphrase)
})
afterEach(() => left.close())

const open = (...args: string[]): Promise<Ended> => holdfast('vault', 'open', left.vault.folder, ...args)
const problemOf = ({ status, out }: Ended): unknown[] => {
  const { error } = JSON.parse(out) as { error: { code: string; message: string; cure: string } }
  return [status, error.code, `${error.message} ${error.cure}`]
}
function written(name: string, text: string | Uint8Array): string {
  writeFileSync(join(left.folder.path, name), text)
  return join(left.folder.path, name)
}

test('a private vault is restored whole with its passphrase, from a file or standard input, and with its words', async () => {
  // As another system types it: decomposed, and with another line end.
  for (const [name, text] of [
    ['plain', `${passphrase}\n`],
    ['decomposed', `${passphrase.normalize('NFD')}\r\n`],
  ] as const) {
    const target = join(left.folder.path, name, 'target')
    mkdirSync(join(left.folder.path, name))
    const { status, err } = await open('--passphrase-file', written(`${name}.txt`, text), 'restore', 'latest', '--target', target)
    expect([status, status === 0 ? '' : err]).toEqual([0, ''])
    expect(differences(left.source, join(target, left.source))).toBe('')
  }
  expect((await left.open('verify', 'latest')).status).toBe(0)
  const bin = new URL('../../bin/holdfast.js', import.meta.url).pathname
  const args = [bin, 'vault', 'open', left.vault.folder, '--passphrase-file', '-', 'verify']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { input: passphrase, encoding: 'utf8' })
  expect([status, stderr.includes('Reading back')]).toEqual([0, true])
  expect(stdout + stderr).not.toContain('Igel')
})

test('somebody at the terminal is asked for it, and nobody else', async () => {
  const asked: string[] = []
  const answer = (text: string | null) => (question: string) => Promise.resolve((asked.push(question), text))
  const args = ['vault', 'open', left.vault.folder, '--passphrase', 'snapshots', '--json']
  const seen = await holdfastAt(answer(passphrase), args)
  expect([seen.status, JSON.parse(seen.out)]).toEqual([0, [expect.objectContaining({ host: 'box' })]])
  expect(asked).toEqual(['Passphrase of the vault: '])
  expect(problemOf(await holdfastAt(answer(null), args)).slice(0, 2)).toEqual([130, 'run.cancelled'])
  expect(problemOf(await holdfastAt(null, args))).toEqual([2, 'command.invalid', expect.stringContaining('--passphrase-file')])
})

test('a wrong passphrase is told apart from a file that holds none, and from two ways at once', async () => {
  const wrong = written('wrong', 'vier Igel')
  expect(problemOf(await open('--passphrase-file', wrong, 'snapshots', '--json'))).toEqual([
    12,
    'vault.wrong-key',
    expect.stringContaining('--key-file'),
  ])
  for (const text of ['', '\n', Uint8Array.of(0xff, 0xfe, 0x41)])
    expect(problemOf(await open('--passphrase-file', written('bad', text), 'snapshots', '--json')).slice(0, 2)).toEqual([
      2,
      'command.invalid',
    ])
  for (const args of [['--passphrase', '--key-file', left.keyFile], ['--passphrase', '--passphrase-file', wrong], []])
    expect(problemOf(await open(...args, 'snapshots', '--json'))).toEqual([
      2,
      'command.invalid',
      expect.stringContaining('one of --key-file'),
    ])
})
