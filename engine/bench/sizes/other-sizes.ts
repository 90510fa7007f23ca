/**
 * Preloaded (`--import`) by a measured run, and so by its threads: gives the engine's constants other values while its modules are loaded.
 * No door of the engine gets an option for it that nobody else would use, and what the format forbids stays refused.
 */
import { registerHooks } from 'node:module'
import type { ChangedConstant } from './size-kinds.ts'

const changes = JSON.parse(process.env['HOLDFAST_BENCH_CONSTANTS'] ?? '[]') as readonly ChangedConstant[]

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const here = changes.filter(({ module }) => url.endsWith(`/${module}`))
    if (here.length === 0) return loaded
    let source = Buffer.from(loaded.source as Uint8Array).toString()
    for (const { name, bytes, module } of here) {
      const line = new RegExp(`^((?:export )?const ${name} = ).+$`, 'gmu')
      // A constant that has moved would stay as it is, and all its values would measure the same.
      if (source.match(line)?.length !== 1) throw new Error(`${module} has no line that gives ${name} its value`)
      source = source.replace(line, `$1${bytes}`)
    }
    return { ...loaded, source }
  },
})
