import { downloadPath, type DownloadAlive, type DownloadHello, type DownloadOffer } from './port-messages.ts'

const answerMs = 3_000
/** Who takes a download is told no more often than that that it goes on; browsers give a service worker that hears nothing half a minute. */
const aliveEveryMs = 9_000

/** The service worker that can stream downloads to disk; null where there is none, or an older one is still at work. */
export async function streamingWorker(): Promise<ServiceWorker | null> {
  if (!('serviceWorker' in navigator)) return null
  const worker = (await navigator.serviceWorker.getRegistration())?.active ?? null
  return worker !== null && (await isAnswered(worker, { type: 'PRIVATE_DOWNLOAD_HELLO' })) ? worker : null
}

/**
 * Has the browser save what comes through a port.
 * @returns `stop` tidies up, once the download is over; `keepAlive` is to be called now and then until it is
 */
export async function saveThroughWorker(
  worker: ServiceWorker,
  port: MessagePort,
  { name, sizeBytes }: { readonly name: string; readonly sizeBytes: number | null },
): Promise<{ readonly stop: () => void; readonly keepAlive: () => void }> {
  const address = `${downloadPath}${crypto.randomUUID()}`
  const isTaken = await isAnswered(worker, { type: 'PRIVATE_DOWNLOAD', address, name, sizeBytes }, [port])
  if (!isTaken) throw new Error('The service worker did not take the download.')
  // A link would pass the service worker by.
  const frame = Object.assign(document.createElement('iframe'), { hidden: true, src: address })
  document.body.append(frame)
  let toldMs = performance.now()
  return {
    stop: () => frame.remove(),
    keepAlive() {
      if (performance.now() - toldMs < aliveEveryMs) return
      toldMs = performance.now()
      worker.postMessage({ type: 'PRIVATE_DOWNLOAD_ALIVE' } satisfies DownloadAlive, [])
    },
  }
}

function isAnswered(worker: ServiceWorker, message: DownloadHello | DownloadOffer, ports: readonly MessagePort[] = []): Promise<boolean> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), answerMs)
    port1.addEventListener('message', () => {
      clearTimeout(timer)
      resolve(true)
    })
    port1.start()
    worker.postMessage(message, [...ports, port2])
  })
}
