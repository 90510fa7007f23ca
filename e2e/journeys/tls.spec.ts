import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { runCommand, runForJson } from '../stack/command-line.ts'
import { findFreePort } from '../stack/free-port.ts'
import type { BackupDocument, FailureDocument } from '../stack/json-documents.ts'
import { startProgram, type Program } from '../stack/program.ts'
import { holdfastBin, hubBin } from '../stack/project.ts'
import { makeScratchFolder } from '../stack/scratch-folder.ts'

/** A hub with a certificate of its own authority, its agent, and the logs that both keep. */
const scratch = makeScratchFolder()
const data = join(scratch.path, 'data')
const programs: Program[] = []
test.afterAll(async () => {
  for (const program of programs.toReversed()) await program.stop()
  scratch.remove()
})

const file = (name: string): string => join(scratch.path, name)
const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

function makeCertificate(): void {
  openssl('req', '-x509', ...newKey, '-keyout', file('ca.key'), '-out', file('ca.pem'), '-days', '2', '-subj', '/CN=own authority')
  openssl('req', '-new', ...newKey, '-keyout', file('hub.key'), '-out', file('hub.csr'), '-subj', '/CN=hub')
  writeFileSync(file('hub.ext'), 'subjectAltName=IP:127.0.0.1\n')
  const signing = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-extfile', file('hub.ext'), '-days', '30']
  openssl('x509', '-req', '-in', file('hub.csr'), ...signing, '-out', file('hub.pem'))
}

const eventsIn = (log: string): string[] =>
  readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { event: string }).event)

test('a device enrols with its hub\u2019s own authority and backs up over TLS, and both keep their logs', async () => {
  makeCertificate()
  const port = await findFreePort()
  const origin = `https://127.0.0.1:${port}`
  const env = {
    HOLDFAST_DATA: data,
    HOLDFAST_AGENT_HOME: join(data, 'agent'),
    HOLDFAST_PORT: String(port),
    HOLDFAST_TLS_CERT: file('hub.pem'),
    HOLDFAST_TLS_KEY: file('hub.key'),
  }
  const hub = startProgram(hubBin, ['start', '--exit-with-parent'], env)
  programs.push(hub)
  expect((await hub.waitForLine(/^Holdfast hub at (\S+)$/m, 120_000))[1]).toBe(origin)
  const { token } = await runForJson<{ token: string }>(hubBin, ['enrol-token', 'create', '--json'], env)
  const enrol = ['enrol', origin, '--token', token, '--json']
  const refused = await runForJson<FailureDocument>(holdfastBin, enrol, env, 1)
  expect(refused.error).toMatchObject({ code: 'hub.certificate-untrusted', cure: expect.stringContaining('--ca FILE') })
  await runForJson(holdfastBin, [...enrol, '--ca', file('ca.pem')], env)

  const agent = startProgram(holdfastBin, ['run', '--exit-with-parent'], env)
  programs.push(agent)
  await agent.waitForLine(/link\.connected/, 120_000)
  mkdirSync(file('source'))
  writeFileSync(join(file('source'), 'letter'), 'x'.repeat(3_000_000))
  const backup = await runForJson<BackupDocument>(holdfastBin, ['backup', file('source'), '--json'], env)
  expect(backup).toMatchObject({ status: 'succeeded', files: 1, warnings: [] })
  const restored = await runCommand(holdfastBin, ['restore', 'latest', '--target', file('source'), '--flat', '--dry-run', '--json'], env)
  expect(restored.exitCode).toBe(0)

  await agent.stop()
  await hub.stop()
  const [hubLog, agentLog] = [join(data, 'logs', 'hub.log'), join(data, 'agent', 'logs', 'agent.log')]
  expect(eventsIn(hubLog)).toEqual(expect.arrayContaining(['hub.listening', 'agent.linked', 'run.moved', 'hub.stopping', 'hub.stopped']))
  expect(eventsIn(agentLog)).toEqual(
    expect.arrayContaining(['agent.started', 'link.connected', 'run.ended', 'agent.stopping', 'agent.stopped']),
  )
  for (const log of [hubLog, agentLog]) {
    expect(statSync(log).mode & 0o137).toBe(0)
    expect(statSync(join(log, '..')).mode & 0o777).toBe(0o700)
  }
})
