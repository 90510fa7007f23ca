/*
 * Renders the PNG icons from public/icon.svg with Debian's Chromium. Run it when the SVG changes and commit the PNGs:
 *   node web/scripts/render-icons.ts
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'

interface IconPicture {
  readonly file: string
  readonly sizePx: number
  /** Free edge around the drawing: maskable icons are cut to a circle of 80 % by the launcher. */
  readonly paddingPx: number
  readonly background: string
}

const tide = '#0b5874'
const pictures: readonly IconPicture[] = [
  { file: 'icon-192.png', sizePx: 192, paddingPx: 0, background: 'transparent' },
  { file: 'icon-512.png', sizePx: 512, paddingPx: 0, background: 'transparent' },
  { file: 'maskable-512.png', sizePx: 512, paddingPx: 40, background: tide },
  { file: 'apple-touch-icon.png', sizePx: 180, paddingPx: 0, background: tide },
]

const publicFile = (name: string) => fileURLToPath(new URL(`../public/${name}`, import.meta.url))
const svgBase64 = readFileSync(publicFile('icon.svg')).toString('base64')
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})
try {
  for (const { file, sizePx, paddingPx, background } of pictures) {
    const page = await browser.newPage({ viewport: { width: sizePx, height: sizePx } })
    const image = `<img style="display:block;width:${sizePx - 2 * paddingPx}px;margin:${paddingPx}px" src="data:image/svg+xml;base64,${svgBase64}">`
    await page.setContent(`<body style="margin:0;background:${background}">${image}`)
    await page.screenshot({ path: publicFile(file), omitBackground: true })
    await page.close()
  }
} finally {
  await browser.close()
}
