import { readFile } from 'node:fs/promises'
import { expect, type Locator, type Page } from '@playwright/test'

export class SnapshotPage {
  readonly #page: Page
  constructor(page: Page) {
    this.#page = page
  }

  /** Goes into a folder, and from there into the next. */
  async openFolders(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.#find(name)
      await this.#list().getByRole('link', { name, exact: true }).click()
      await expect(this.#page.getByRole('navigation', { name: 'Folders above' }).locator('[aria-current=page]')).toHaveText(name)
    }
  }

  async expectEntryCount(text: string): Promise<void> {
    await expect(this.#page.getByRole('region', { name: 'Folder' }).getByRole('status')).toHaveText(text)
  }

  /** The bytes that the browser saved. */
  async download(name: string): Promise<Buffer> {
    await this.#find(name)
    await this.#list().getByRole('button', { name, exact: true }).click()
    const saved = this.#page.waitForEvent('download')
    await this.#page.getByRole('link', { name: 'Download' }).click()
    const download = await saved
    expect(download.suggestedFilename()).toBe(name)
    return await readFile(await download.path())
  }

  /** The list shows only rows in sight; whoever looks for one name filters. */
  async #find(name: string): Promise<void> {
    await this.#page.getByLabel('Filter this folder').fill(name)
  }

  #list(): Locator {
    return this.#page.getByRole('grid', { name: 'Folder' })
  }
}
