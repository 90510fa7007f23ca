import { expect, type Page } from '@playwright/test'
import { RunPage } from './run-page.ts'

export class DevicePage {
  readonly #page: Page
  constructor(page: Page) {
    this.#page = page
  }

  /** “Back up now”: opens the page of the run. */
  async backUpNow(folder: string): Promise<RunPage> {
    await this.#page.getByRole('button', { name: 'Back up now' }).click()
    const dialog = this.#page.getByRole('dialog')
    await dialog.getByLabel('Folders').fill(folder)
    const run = new RunPage(this.#page)
    await run.startRecording()
    await dialog.getByRole('button', { name: 'Start backup' }).click()
    await expect(this.#page).toHaveURL(/\/runs\/[0-9a-f-]{36}$/)
    return run
  }
}
