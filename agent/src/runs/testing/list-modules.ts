// Prints the modules that a run's thread loads for one kind of run.
import { registerHooks } from 'node:module'

const loaded: string[] = []
registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    loaded.push(resolved.url)
    return resolved
  },
})
await import('../run-context.ts')
await import('../hub-port.ts')
await import(`../carry-out-${process.argv[2]}.ts`)
process.stdout.write(JSON.stringify(loaded))
