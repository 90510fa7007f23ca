import { gzipSync } from 'node:zlib'
import type { Plugin, Rolldown } from 'vite'

interface FirstLoadBudget {
  /** Sum of the entry, everything it imports statically, and the style sheets, each gzipped alone. */
  readonly maxGzipBytes: number
}

const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`

/** Files the browser must have before the first page renders: walks static imports only. */
function firstLoadFiles(bundle: Rolldown.OutputBundle): string[] {
  const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]))
  const needed = new Set<string>()
  const visit = (fileName: string): void => {
    const chunk = byName.get(fileName)
    if (chunk === undefined || needed.has(fileName)) return
    needed.add(fileName)
    for (const imported of chunk.imports) visit(imported)
  }
  for (const chunk of chunks) if (chunk.isEntry) visit(chunk.fileName)
  for (const fileName of Object.keys(bundle)) if (/^assets\/index-.*\.css$/.test(fileName)) needed.add(fileName)
  return [...needed]
}

/** Prints what a first visit loads, and stops the build when it outgrows the budget (docs/architecture.md, targets). */
export function firstLoadBudget({ maxGzipBytes }: FirstLoadBudget): Plugin {
  return {
    name: 'holdfast:first-load-budget',
    apply: 'build',
    enforce: 'post',
    writeBundle(_options, bundle) {
      const sizes = firstLoadFiles(bundle).map((fileName) => {
        const file = bundle[fileName]
        const content = file === undefined ? '' : file.type === 'chunk' ? file.code : file.source
        return { fileName, gzipBytes: gzipSync(content).byteLength }
      })
      const totalBytes = sizes.reduce((sum, file) => sum + file.gzipBytes, 0)
      for (const { fileName, gzipBytes } of sizes) this.info(`${kib(gzipBytes).padStart(10)}  ${fileName}`)
      this.info(`${kib(totalBytes).padStart(10)}  first load, gzip (budget ${kib(maxGzipBytes)})`)
      if (totalBytes > maxGzipBytes) this.error(`The first load of ${kib(totalBytes)} is over its budget of ${kib(maxGzipBytes)}.`)
    },
  }
}
