/*
 * What the start of a page costs the browser's main thread, against the stand-in hub:
 *   npm run build -w web && node -C @holdfast/source web/scripts/measure-start.ts [rounds]
 * CPU time of its tasks, and how long they would block a phone whose processor is four times slower (what is over 50 ms of each task at four
 * times its CPU time), medians. Lighthouse does the same sum with wall times, which on a busy or virtual machine say more about the neighbours.
 */
import { fileURLToPath } from 'node:url'
import { chromium, type Browser } from 'playwright'
import { galleryWorld } from '../src/testing/gallery-world.ts'
import { readPages, startStandInHub, type StandInHub } from '../src/testing/stand-in-hub.ts'

const rounds = Number(process.argv[2] ?? 5)
const slowdown = 4
// From here on a task is felt, by the definition of a long task.
const longTaskMs = 50
const settledMs = 3_500
const screens = { desktop: { width: 1350, height: 940 }, phone: { width: 412, height: 823 } } as const
const starts = [
  { path: '/sign-in', screen: 'phone' },
  { path: '/', screen: 'phone' },
  { path: '/', screen: 'desktop' },
  { path: '/devices', screen: 'desktop' },
  { path: '/runs', screen: 'phone' },
  { path: '/snapshots', screen: 'desktop' },
] as const

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** CPU time, µs. */
  readonly tdur?: number
  readonly args: { readonly name?: string }
}

/** CPU ms of each task of the page's main thread, from the first request until it rests. */
async function tasksOf(browser: Browser, url: string, screen: keyof typeof screens): Promise<number[]> {
  const context = await browser.newContext({ viewport: screens[screen] })
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  const events: TraceEvent[] = []
  devtools.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])))
  await page.goto('about:blank')
  await devtools.send('Tracing.start', {
    traceConfig: { includedCategories: ['toplevel', 'devtools.timeline'] },
    transferMode: 'ReportEvents',
  })
  await page.goto(url)
  await page.waitForTimeout(settledMs)
  const complete = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve))
  await devtools.send('Tracing.end')
  await complete
  await context.close()
  const ofThread = (thread: TraceEvent) => (event: TraceEvent) => event.pid === thread.pid && event.tid === thread.tid
  const main = events
    .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
    .find((thread) => events.filter(ofThread(thread)).some(({ name }) => name === 'FunctionCall'))
  if (main === undefined) throw new Error(`${url} ran no script`)
  return events
    .filter(ofThread(main))
    .flatMap(({ name, tdur }) => (name === 'ThreadControllerImpl::RunTask' && tdur !== undefined ? [tdur / 1000] : []))
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
const blockedMs = (tasks: readonly number[]): number => sum(tasks.map((ms) => Math.max(0, slowdown * ms - longTaskMs)))

const pages = readPages(fileURLToPath(new URL('../dist', import.meta.url)))
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
for (const { path, screen } of starts) {
  const hub: StandInHub = await startStandInHub({ world: galleryWorld(), isSignedIn: path !== '/sign-in', pages })
  const seen: number[][] = []
  for (let round = 0; round < rounds; round += 1) seen.push(await tasksOf(browser, hub.url + path, screen))
  const blocked = seen.map(blockedMs)
  process.stdout.write(
    `${path.padEnd(10)} ${screen.padEnd(8)} ${median(seen.map(sum)).toFixed(0)} ms of CPU; a phone blocked for ${median(blocked).toFixed(0)} ms` +
      ` (${Math.min(...blocked).toFixed(0)} – ${Math.max(...blocked).toFixed(0)})\n`,
  )
  await hub.close()
}
await browser.close()
