import { expect, type Locator, type Page } from '@playwright/test'
import { RunPage } from './run-page.ts'

export class RestoreDialog {
  readonly #page: Page
  readonly #dialog: Locator
  constructor(page: Page) {
    this.#page = page
    this.#dialog = page.getByRole('dialog')
  }

  async typeTarget(folder: string): Promise<void> {
    await this.#dialog.getByLabel('Target folder').fill(folder)
  }

  async chooseDevice(name: string): Promise<void> {
    await this.#dialog.getByLabel('To which device').click()
    await this.#page.getByRole('option', { name: new RegExp(`^${name} `) }).click()
  }

  /** Looks into the typed folder on the device, and goes into one of its folders. */
  async browseInto(name: string): Promise<void> {
    await this.#dialog.getByRole('button', { name: 'Browse' }).click()
    await this.#dialog.getByRole('list', { name: 'Folders on the device' }).getByRole('button', { name, exact: true }).click()
  }

  async expectTarget(folder: string): Promise<void> {
    await expect(this.#dialog.getByLabel('Target folder')).toHaveValue(folder)
  }

  /** Looks first, and waits until the dialog tells what would be done. */
  async lookFirst(): Promise<void> {
    await this.#dialog.getByRole('button', { name: 'Look first' }).click()
    await expect(this.#dialog.getByText('This would be done')).toBeVisible({ timeout: 60_000 })
  }

  /** A figure of what was foretold. */
  async foretold(name: string): Promise<string> {
    return await this.#dialog
      .locator('dt', { hasText: new RegExp(`^${name}$`) })
      .locator('xpath=following-sibling::dd')
      .innerText()
  }

  async expectWarning(text: string): Promise<void> {
    await expect(this.#dialog.getByText(text)).toBeVisible()
  }

  async chooseOriginalPlace(): Promise<void> {
    await this.#dialog.getByRole('radio', { name: 'Back to the original place' }).click()
  }

  async expectWithDeleted(isOn: boolean): Promise<void> {
    await expect(this.#dialog.getByRole('switch', { name: 'Deleted files as well' })).toBeChecked({ checked: isOn })
  }

  async back(): Promise<void> {
    await this.#dialog.getByRole('button', { name: 'Change' }).click()
  }

  async start(): Promise<RunPage> {
    await this.#dialog.getByRole('button', { name: 'Start restore' }).click()
    await expect(this.#page).toHaveURL(/\/runs\/[0-9a-f-]{36}$/)
    return new RunPage(this.#page)
  }
}
