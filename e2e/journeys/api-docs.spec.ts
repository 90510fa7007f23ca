import { expect, test } from '@playwright/test'
import { startStack, type Stack } from '../stack/start-stack.ts'

let stack: Stack
test.beforeAll(async () => {
  stack = await startStack()
})
test.afterAll(() => stack.stop())

test('the interactive documentation works with nothing from elsewhere and under the strict policy', async ({ page }) => {
  const foreign: string[] = []
  const problems: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(stack.origin) && !request.url().startsWith('data:')) foreign.push(request.url())
  })
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(error.message))
  await page.goto(`${stack.origin}/api/docs`)
  const call = page.locator('#operations-System-healthLive')
  await call.click()
  await call.getByRole('button', { name: 'Try it out' }).click()
  await call.getByRole('button', { name: 'Execute' }).click()
  await expect(call.locator('.live-responses-table tbody .response-col_status').first()).toContainText('200')
  await expect(page.locator('#operations-Devices-listHostEntries')).toBeVisible()
  await expect(page.locator('[id="host.not-answering"]')).toContainText('does not answer')
  expect(foreign).toEqual([])
  expect(problems).toEqual([])
})
