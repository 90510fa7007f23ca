import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { logScope } from './log-scope.ts'
import { LogFile } from './log-file.ts'
import { createLogger, type Logger } from './logger.ts'

let folder = ''
let log: Logger
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-log-'))
  log = createLogger({
    level: 'debug',
    also: new LogFile({ path: join(folder, 'logs', 'hub.log'), keepFiles: 1, keepDays: 1, tell: () => undefined }),
  })
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})
const written = (): string => readFileSync(join(folder, 'logs', 'hub.log'), 'utf8')
const lines = () =>
  written()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('writes what the allow-list names, and of the rest only that it was there', () => {
  log.info(
    { event: 'run.finished', runId: 'r', durationMs: 5, password: 'hunter2', path: '/home/ada/love-letter.txt', request: { token: 'tok' } },
    'Run finished',
  )
  expect(lines()).toMatchObject([
    { level: 'info', event: 'run.finished', runId: 'r', durationMs: 5, withheld: ['password', 'path', 'request'], msg: 'Run finished' },
  ])
  expect(written()).not.toMatch(/hunter2|love-letter|tok/)
})

test('writes of an object under a known name only its class', () => {
  log.warn({ event: 'x', state: { secret: 'hunter2' }, reason: ['hunter2'] }, 'X')
  expect(lines()[0]).toMatchObject({ state: '[Object]', reason: '[Array]' })
  expect(written()).not.toContain('hunter2')
})

test('writes of a driver\u2019s error its code and constraint, and not the statement with its values', () => {
  const driver = Object.assign(new Error(`insert into user_account values ('ada@example.org', '$argon2id$hash')`), {
    severity: 'ERROR',
    code: '23505',
    constraint: 'user_account_email_unique',
    detail: 'Key (email)=(ada@example.org)',
  })
  log.error({ event: 'x', err: new AppError('account.email-taken', { cause: driver }) }, 'X')
  expect(lines()[0]?.['err']).toMatchObject({
    type: 'AppError',
    code: 'account.email-taken',
    message: 'Another account has this e-mail address.',
    cause: { code: '23505', constraint: 'user_account_email_unique' },
  })
  expect(written()).not.toMatch(/ada@example|argon2id/)
})

test('gives every line of a request its ids', () => {
  logScope.run({ requestId: 'req-1', agentId: 'a-1' }, () => log.debug({ event: 'x' }, 'X'))
  log.debug({ event: 'y' }, 'Y')
  expect(lines()).toMatchObject([{ requestId: 'req-1', agentId: 'a-1' }, { event: 'y' }])
  expect(lines()[1]).not.toHaveProperty('requestId')
})

test('keeps its file from others', () => {
  log.info({ event: 'x' }, 'X')
  expect(statSync(join(folder, 'logs')).mode & 0o777).toBe(0o700)
  expect(statSync(join(folder, 'logs', 'hub.log')).mode & 0o777 & ~0o640).toBe(0)
})
