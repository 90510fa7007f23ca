import { pathToFileURL } from 'node:url'
import type { Frame } from './cpu-profile.ts'
import { messageModules, networkModules, packageWork, roomRules, startingModules, type RoomRule } from './stage-rooms.ts'
import type { Direction, Stage } from './stages.ts'

const ofV8: Readonly<Record<string, Stage | 'idle'>> = {
  '(idle)': 'idle',
  '(garbage collector)': 'garbage collection',
  '(program)': 'runtime',
}

/**
 * What a thread worked at when it was met so: the work of the innermost function of ours, so that native calls and packages work for
 * who called them. Where none of ours is under way, of the package or the module of Node.
 *
 * @param frames the innermost first
 * @param root of the repository
 */
export function stageOfStack(frames: readonly Frame[], direction: Direction, root: string): Stage | 'idle' {
  const prefix = pathToFileURL(`${root}/`).href
  const [innermost] = frames
  const plain = innermost?.url === '' ? ofV8[innermost.functionName] : undefined
  if (plain !== undefined) return plain
  for (const { functionName, url } of frames) {
    if (startsWithOneOf(url, startingModules) || (functionName === 'Worker' && url === 'node:internal/worker')) return 'start'
    if (!url.startsWith(prefix) || url.includes('/node_modules/')) continue
    const work = workOf(decodeURIComponent(url.slice(prefix.length)), functionName, direction)
    if (work === null) return 'other'
    if (work !== 'caller') return work
  }
  return withoutOurs(frames, direction)
}

function withoutOurs(frames: readonly Frame[], direction: Direction): Stage {
  for (const { url } of frames) {
    const [, name = '', scope] = /\/node_modules\/((@[^/]+)\/[^/]+|[^/]+)\/(?!.*\/node_modules\/)/.exec(url) ?? []
    const work = packageWork[scope ?? name]
    if (work !== undefined) return typeof work === 'string' ? (work === 'caller' ? 'other' : work) : asStage(work[direction])
  }
  const isAmong = (modules: readonly string[]): boolean => frames.some(({ url }) => startsWithOneOf(url, modules))
  if (isAmong(networkModules)) return 'network'
  return isAmong(messageModules) ? 'messages' : 'other'
}

const asStage = (work: Stage | 'caller'): Stage => (work === 'caller' ? 'other' : work)
const startsWithOneOf = (text: string, starts: readonly string[]): boolean => starts.some((start) => text.startsWith(start))

/** Null where no rule knows the file. */
function workOf(file: string, functionName: string, direction: Direction): Stage | 'caller' | null {
  const candidates = roomRules.filter((rule) => isIn(rule, file, functionName))
  const [closest] = candidates.toSorted((left, right) => closeness(right) - closeness(left))
  if (closest === undefined) return null
  return typeof closest.work === 'string' ? closest.work : closest.work[direction]
}

function isIn({ room, functions, ending }: RoomRule, file: string, functionName: string): boolean {
  if (functions !== undefined) return file === room && functions.includes(functionName)
  return room.endsWith('/') ? file.startsWith(room) && file.endsWith(ending ?? '') : file === room
}

const closeness = ({ room, functions, ending }: RoomRule): number =>
  room.length + (functions === undefined ? 0 : 10_000) + (ending === undefined ? 0 : 1_000)
