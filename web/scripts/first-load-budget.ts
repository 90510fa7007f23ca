import { gzipSync } from 'node:zlib'
import type { Plugin, Rolldown } from 'vite'

interface FirstLoadBudget {
  /** Sum of the entry, everything it imports statically, and the style sheets, each gzipped alone. */
  readonly maxGzipBytes: number
}

const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`

/** Files the browser must have before anything renders, whatever the page: those that the page names, and what they import statically. */
function firstLoadFiles(bundle: Rolldown.OutputBundle): string[] {
  const page = bundle['index.html']
  if (page?.type !== 'asset') return []
  const needed = new Set<string>()
  const visit = (fileName: string): void => {
    const file = bundle[fileName]
    if (file === undefined || needed.has(fileName)) return
    needed.add(fileName)
    if (file.type === 'chunk') for (const imported of file.imports) visit(imported)
  }
  for (const [, fileName = ''] of String(page.source).matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)) visit(fileName)
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
      for (const kind of ['.js', '.css'])
        if (!sizes.some(({ fileName }) => fileName.endsWith(kind)))
          this.error(`The page names no ${kind} file: what it loads is not known.`)
      const totalBytes = sizes.reduce((sum, file) => sum + file.gzipBytes, 0)
      for (const { fileName, gzipBytes } of sizes) this.info(`${kib(gzipBytes).padStart(10)}  ${fileName}`)
      this.info(`${kib(totalBytes).padStart(10)}  first load, gzip (budget ${kib(maxGzipBytes)})`)
      if (totalBytes > maxGzipBytes) this.error(`The first load of ${kib(totalBytes)} is over its budget of ${kib(maxGzipBytes)}.`)
    },
  }
}
