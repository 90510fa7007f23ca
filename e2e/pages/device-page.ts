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

  async addTag(tag: string): Promise<void> {
    await this.#page.getByRole('button', { name: 'Add a tag' }).click()
    await this.#page.getByLabel('Add a tag').fill(tag)
    await this.#page.getByRole('button', { name: 'Add', exact: true }).click()
    await expect(this.#page.getByRole('link', { name: tag, exact: true })).toBeVisible()
  }

  async rename(name: string): Promise<void> {
    await this.#choose('Rename')
    const dialog = this.#page.getByRole('dialog')
    await dialog.getByLabel('Name').fill(name)
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(this.#page.getByRole('heading', { level: 1, name })).toBeVisible()
  }

  async revoke(): Promise<void> {
    await this.#choose('Revoke')
    const dialog = this.#page.getByRole('dialog')
    await expect(dialog).toContainText('What stays')
    await dialog.getByRole('button', { name: 'Revoke device' }).click()
    await expect(this.#page.getByText('The hub refuses this device.')).toBeVisible()
  }

  /** Leads back to the list. */
  async remove(): Promise<void> {
    await this.#choose('Remove')
    await this.#page.getByRole('dialog').getByRole('button', { name: 'Remove device' }).click()
    await expect(this.#page.getByRole('heading', { level: 1, name: 'Devices' })).toBeVisible()
  }

  async #choose(action: string): Promise<void> {
    await this.#page.getByRole('button', { name: 'More actions' }).click()
    await this.#page.getByRole('menuitem', { name: action }).click()
  }
}
