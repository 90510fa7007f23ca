import { readFile } from 'node:fs/promises'
import { expect, type Locator, type Page } from '@playwright/test'

/** Less than the smallest screen of the journeys is high: nothing is scrolled past. */
const scrollStepPx = 300

export interface SavedZip {
  readonly path: string
  readonly name: string
}

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
    // While the folder is read, the skeleton is a status too.
    await expect(this.#page.getByRole('region', { name: 'Folder' }).getByRole('status').first()).toHaveText(text)
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

  /** What is deleted is in the list from here on, in every folder. */
  async showDeleted(label: string): Promise<void> {
    await this.#page.getByRole('switch', { name: label }).click()
  }

  /** The row of a name, with all that stands in it. */
  async expectRow(name: string, text: string): Promise<void> {
    await expect(this.#list().getByRole('row').filter({ hasText: name })).toContainText(text)
  }

  /** Opens a snapshot at a folder. */
  async open(snapshotId: string, folder: string): Promise<void> {
    await this.#page.goto(new URL(`/snapshots/${snapshotId}${folder}/`, this.#page.url()).href)
  }

  /** The folder that is open, as a zip that the browser saves: where it lies, and what it is called. */
  downloadZip(): Promise<SavedZip> {
    return this.#save('Download as zip')
  }

  /** The chosen entries. */
  downloadChosen(): Promise<SavedZip> {
    return this.#save('Download zip')
  }

  /** Scrolls down to it where it is not on the screen; with `isRange`, all from the last one chosen to it. */
  async choose(name: string, isRange = false): Promise<void> {
    const box = this.#list().getByRole('checkbox', { name: `Choose ${name}`, exact: true })
    await expect(async () => {
      // A row far below the screen is not in the page.
      if ((await box.count()) === 0) await this.#page.mouse.wheel(0, scrollStepPx)
      await expect(box).toBeVisible({ timeout: 500 })
    }).toPass()
    await box.click(isRange ? { modifiers: ['Shift'] } : {})
  }

  async expectChosen(text: string): Promise<void> {
    await expect(this.#page.getByRole('region', { name: 'Chosen entries' }).getByRole('status')).toContainText(text)
  }

  /** Opens the dialog of a restore: `RestoreDialog`. */
  async restoreChosen(): Promise<void> {
    await this.#page.getByRole('region', { name: 'Chosen entries' }).getByRole('button', { name: 'Restore' }).click()
  }

  /** The same for everything in the snapshot, from its top. */
  async restoreAll(): Promise<void> {
    await this.#page.getByRole('button', { name: 'Restore everything' }).click()
  }

  /** To the next older snapshot that has this folder too. */
  async goToOlder(): Promise<void> {
    await this.#page.getByRole('link', { name: /^Older: / }).click()
  }

  /** Starts the check of the whole snapshot: its run is open then. */
  async check(): Promise<void> {
    await this.#page.getByRole('button', { name: 'Check', exact: true }).click()
    await this.#page.getByRole('dialog').getByRole('button', { name: 'Start check' }).click()
  }

  async #save(button: string): Promise<SavedZip> {
    // A large zip takes its time.
    const saved = this.#page.waitForEvent('download')
    await this.#page.getByRole('button', { name: button, exact: true }).click()
    const download = await saved
    return { path: await download.path(), name: download.suggestedFilename() }
  }

  /** The list shows only rows in sight; whoever looks for one name filters. */
  async #find(name: string): Promise<void> {
    await this.#page.getByLabel('Filter this folder').fill(name)
  }

  #list(): Locator {
    return this.#page.getByRole('grid', { name: 'Folder' })
  }
}
