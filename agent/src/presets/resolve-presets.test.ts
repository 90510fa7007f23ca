import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { backupPresets } from '@holdfast/shared-types'
import { presetPatterns, presetSources } from './resolve-presets.ts'
import { homesInPasswd, userHomes } from './user-homes.ts'

const linux = { system: 'linux', homes: ['/home/ada', '/srv/people/o[1]*'] } as const
const mac = { system: 'macos', homes: ['/Users/ada'] } as const

test('places of a preset are patterns from the root of the file system on, those of homes one for each home', () => {
  const { patterns, absolutePatterns } = presetPatterns(['linux-user-data'], linux)
  expect(patterns).toEqual([])
  expect(absolutePatterns).toEqual(expect.arrayContaining(['/proc', '/sys', '/var/cache']))
  expect(absolutePatterns.filter((pattern) => pattern.endsWith('/.cache'))).toEqual([
    '/home/*/.cache',
    '/home/ada/.cache',
    String.raw`/srv/people/o\[1\]\*/.cache`,
  ])
  expect(absolutePatterns).not.toContain('/root')
})

test('a name without a slash is met in whatever folder it is', () => {
  const { patterns, absolutePatterns } = presetPatterns(['macos-user-data'], mac)
  expect(patterns).toContain('.Spotlight-V100')
  expect(absolutePatterns).toEqual(
    expect.arrayContaining(['/Users/*/Library/Caches', '/Users/ada/Library/Containers/*/Data/Library/Caches']),
  )
})

test.each(backupPresets.filter(({ system }) => system !== 'windows').map(({ name, system }) => [name, system] as const))(
  'all of %s has a meaning on its system, and none on another',
  (name, system) => {
    const machine = system === 'linux' ? linux : mac
    const { patterns, absolutePatterns } = presetPatterns([name], machine)
    expect(absolutePatterns.every((pattern) => pattern.startsWith('/'))).toBe(true)
    expect(patterns.some((pattern) => /[/~\\]/.test(pattern))).toBe(false)
    const other = machine === linux ? mac : linux
    expect(() => presetPatterns([name], other)).toThrowError(expect.objectContaining({ code: 'request.invalid' }) as Error)
  },
)

test('what a preset includes is named where the machine has it', () => {
  expect(presetSources(['linux-everything'], linux)).toEqual(['/'])
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-presets-'))
  try {
    mkdirSync(join(folder, 'ada'))
    const homes = [join(folder, 'ada'), join(folder, 'gone')]
    expect(presetSources(['macos-user-data'], { system: 'macos', homes })).toEqual([join(folder, 'ada')])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a preset of Windows is shown but not used yet, and whoever asks is told that rather than that nothing is there', () => {
  const windows = { system: 'windows', homes: [] } as const
  const untold = expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining('Windows yet') as string }) as Error
  for (const name of ['windows-user-data', 'windows-everything']) {
    expect(() => presetSources([name], windows)).toThrowError(untold)
    expect(() => presetPatterns([name], windows)).toThrowError(untold)
  }
})

test('homes are those of people and of root, not of system accounts', () => {
  const passwd = [
    'root:x:0:0:root:/root:/bin/bash',
    'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin',
    'postgres:x:110:110::/var/lib/postgresql:/bin/bash',
    'ada:x:1000:1000:Ada,,,:/home/ada:/bin/bash',
    'bob:x:1001:1001::/data/bob:/bin/sh',
    'rootless:x:1002:1002::/:/bin/sh',
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
    '+@netgroup',
    '',
  ].join('\n')
  expect(homesInPasswd(passwd)).toEqual(['/root', '/home/ada', '/data/bob'])
  expect(userHomes('linux').every((home) => home.startsWith('/'))).toBe(true)
})
