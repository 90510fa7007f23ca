import type { Window as HappyWindow } from 'happy-dom'

/** Lets the test's browser think that the page was opened at this address: calls and sockets go where a page's would. */
export function browserAt(url: string): void {
  ;(window as unknown as HappyWindow).happyDOM.setURL(url)
}
