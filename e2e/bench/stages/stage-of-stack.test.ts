import { describe, expect, test } from 'vitest'
import type { Frame } from './cpu-profile.ts'
import { stageOfStack } from './stage-of-stack.ts'
import type { Direction } from './stages.ts'

const frame = (place: string): Frame => {
  const [functionName = '', url = ''] = place.split(' @ ')
  return { functionName, url: /^(?:engine|agent|hub|shared-types|e2e|node_modules)\//.test(url) ? `file:///a%20root/${url}` : url }
}
const stageOf = (direction: Direction, ...places: string[]) => stageOfStack(places.map(frame), direction, '/a root')

describe('a sample counts for', () => {
  test('the innermost function of ours: what Node does for it is its own work', () => {
    expect(
      stageOf(
        'backup',
        'update @ node:internal/crypto/hash',
        'identify @ engine/src/vault/sealing/inline-sealer.ts',
        'seal @ engine/src/vault/sealing/seal-worker.ts',
      ),
    ).toBe('hash')
    expect(stageOf('backup', 'read @ ', 'readSync @ node:fs', 'readAt @ engine/src/archiver/content-reader.ts')).toBe('read')
  })

  test('the caller, where what was met works for anybody', () => {
    const inner = ['open @ engine/src/source/native.ts', 'u32 @ engine/src/bytes/byte-writer.ts'] as const
    expect(stageOf('backup', ...inner, '#visit @ engine/src/walker/walk-sources.ts')).toBe('walk')
    expect(stageOf('restore', ...inner, 'publish @ engine/src/restorer/placing/entry-writer.ts')).toBe('write')
    expect(stageOf('backup', ...inner)).toBe('other')
  })

  test('the function before its file, and the file before its folder', () => {
    expect(stageOf('backup', '#pieces @ engine/src/archiver/content-reader.ts')).toBe('cut')
    expect(stageOf('backup', '#fill @ engine/src/archiver/content-reader.ts')).toBe('read')
    expect(stageOf('backup', 'add @ engine/src/archiver/entry-archiver.ts')).toBe('entries')
    expect(stageOf('backup', 'readLog @ hub/src/features/runs/runs.queries.ts')).toBe('database')
  })

  test('what is done there in this direction', () => {
    const open = ['update @ node:internal/crypto/cipher', 'openAesGcm @ engine/src/vault/crypto/node-primitives.ts']
    expect([stageOf('backup', ...open), stageOf('restore', ...open)]).toEqual(['verify', 'open'])
    const call = 'exchange @ agent/src/hub-connection/call-hub.ts'
    expect([stageOf('backup', call), stageOf('restore', call)]).toEqual(['upload', 'fetch'])
  })

  test('V8 itself, where it says so', () => {
    expect(['(idle)', '(garbage collector)', '(program)'].map((name) => stageOf('backup', `${name} @ `))).toEqual([
      'idle',
      'garbage collection',
      'runtime',
    ])
  })

  test('a package or a module of Node, where nothing of ours is under way', () => {
    expect(stageOf('backup', 'onData @ node_modules/undici/lib/dispatcher/client-h1.js', 'emit @ node:events')).toBe('upload')
    expect(stageOf('backup', 'set @ node_modules/@mikro-orm/core/entity/EntityHelper.js')).toBe('database')
    expect(stageOf('backup', 'writev @ ', 'writevGeneric @ node:internal/stream_base_commons')).toBe('network')
    expect(stageOf('backup', 'emit @ node:events', ' @ node:internal/per_context/messageport')).toBe('messages')
    expect(stageOf('backup', 'anything @ node_modules/another/index.js')).toBe('other')
  })

  test('loading, also when a function of ours has asked for it', () => {
    expect(stageOf('backup', 'wrapSafe @ node:internal/modules/cjs/loader', 'carryOut @ agent/src/runs/run-worker.ts')).toBe('start')
  })

  test('nothing that can be named, where the room is not known', () => {
    expect(stageOf('backup', 'x @ engine/src/somewhere/new.ts', '#visit @ engine/src/walker/walk-sources.ts')).toBe('other')
  })
})
