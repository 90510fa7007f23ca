import { expect, type Page } from '@playwright/test'
import { SnapshotPage } from './snapshot-page.ts'

/** What a person who kept looking would have seen while the run was on. */
export interface SeenProgress {
  /** Texts of the figure “Files”, each once, in order. */
  readonly files: readonly string[]
  /** Figures of the progress bar in percent, each once, in order. */
  readonly percents: readonly number[]
}

declare global {
  interface Window {
    /** Filled by `startRecording`. */
    seenProgress?: { files: string[]; percents: number[] }
  }
}

export class RunPage {
  readonly #page: Page
  constructor(page: Page) {
    this.#page = page
  }

  /** Looks at the progress many times a second, as a short run would be over between two looks from outside. */
  async startRecording(): Promise<void> {
    await this.#page.evaluate(() => {
      const seen = { files: [] as string[], percents: [] as number[] }
      window.seenProgress = seen
      const look = () => {
        const section = document.querySelector('section[aria-label="Progress"]')
        const files = [...(section?.querySelectorAll('dt') ?? [])].find(({ textContent }) => textContent === 'Files')?.nextElementSibling
        const text = files?.textContent.trim() ?? ''
        if (text !== '' && text !== seen.files.at(-1)) seen.files.push(text)
        const percent = section?.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow')
        if (percent && Number(percent) !== seen.percents.at(-1)) seen.percents.push(Number(percent))
      }
      setInterval(look, 10)
    })
  }

  async expectState(state: string, timeoutMs: number): Promise<void> {
    await expect(this.#page.getByRole('status', { name: 'State' })).toHaveText(state, { timeout: timeoutMs })
  }

  async seenProgress(): Promise<SeenProgress> {
    return (await this.#page.evaluate(() => window.seenProgress)) ?? { files: [], percents: [] }
  }

  async logLines(): Promise<string[]> {
    return await this.#page.getByRole('log').locator('p').allInnerTexts()
  }

  /** The value of one figure of the result, as shown. */
  async resultFigure(name: string): Promise<string> {
    const result = this.#page.getByRole('region', { name: 'Result' })
    return await result
      .locator('dt', { hasText: new RegExp(`^${name}$`) })
      .locator('xpath=following-sibling::dd')
      .innerText()
  }

  async openSnapshot(): Promise<SnapshotPage> {
    await this.#page.getByRole('link', { name: 'Open the snapshot' }).click()
    await expect(this.#page).toHaveURL(/\/snapshots\/[0-9a-f]{32}/)
    return new SnapshotPage(this.#page)
  }
}

/** Lets a run rest as soon as it works: a page may take longer to open on a busy machine than the run does. */
export async function restSoon(page: Page, runId: string): Promise<void> {
  const { origin } = new URL(page.url())
  const pause = async () => (await page.request.post(`${origin}/api/v1/runs/${runId}/pause`)).status()
  await expect.poll(pause, { intervals: [20], timeout: 30_000 }).toBe(200)
}
