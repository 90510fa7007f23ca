import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectRoot } from '../../stack/project.ts'
import { countingRoom, packageWork, roomRules } from './stage-rooms.ts'

/** As it is declared: a function, a method, or a constant that holds one. */
const declaration = (name: string): RegExp => new RegExp(`(?:function\\*? |const |async \\*?|^\\s+(?:\\*|get )?)${name}(?:[(<]| =)`, 'm')

describe('a room that the stages name', () => {
  test.each(roomRules.map((rule) => [[rule.room, ...(rule.functions ?? []), rule.ending ?? ''].join(' ').trim(), rule] as const))(
    'is there: %s',
    (_, { room, functions = [], ending }) => {
      const place = join(projectRoot, room)
      expect(statSync(place).isDirectory()).toBe(room.endsWith('/'))
      const source = functions.length === 0 ? '' : readFileSync(place, 'utf8')
      for (const name of functions) expect(source, name).toMatch(declaration(name))
      if (ending !== undefined) expect(globSync(`**/*${ending}`, { cwd: place })).not.toEqual([])
    },
  )

  test('is also the one that counts ahead', () => {
    expect(statSync(join(projectRoot, countingRoom)).isFile()).toBe(true)
  })

  test('or the package is one that a program of ours brings', () => {
    for (const name of Object.keys(packageWork)) expect(globSync(join(projectRoot, `{.,agent,hub}/node_modules/${name}/`))).not.toEqual([])
  })

  test('is named once', () => {
    const keys = roomRules.flatMap(({ room, functions = [''], ending = '' }) => functions.map((name) => `${room} ${name} ${ending}`))
    expect(keys).toEqual([...new Set(keys)])
  })
})
