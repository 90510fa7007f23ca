import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from './agent-config.ts'

test('a setting may lie in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'))
  writeFileSync(join(folder, 'home'), '/srv/agent\n')
  expect(loadConfig({ HOLDFAST_AGENT_HOME_FILE: join(folder, 'home'), HOLDFAST_DATA: '/srv/hub/' })).toEqual({
    home: '/srv/agent',
    hubDataFolder: '/srv/hub',
    hubStoreFolder: null,
    logLevel: 'info',
  })
  rmSync(folder, { recursive: true })
})

test('beside a hub the agent is the one that npm start enrolled', () => {
  expect(loadConfig({ HOLDFAST_DATA: '/srv/hub' }).home).toBe('/srv/hub/agent')
  expect(loadConfig({ HOLDFAST_STORE: 'file:///srv/my%20store' }).hubStoreFolder).toBe('/srv/my store')
  expect(loadConfig({ HOLDFAST_STORE: 's3://bucket/prefix' }).hubStoreFolder).toBeNull()
})

test('all that is wrong is told at once', () => {
  expect(() => loadConfig({ HOLDFAST_LOG_LEVEL: 'loud', HOLDFAST_AGENT_HOME_FILE: '/nowhere/at/all' })).toThrow(
    /HOLDFAST_AGENT_HOME_FILE.*; HOLDFAST_LOG_LEVEL: one of debug, info, warn, error/,
  )
})
