/** The launcher on an old Node hands a Ctrl+C on that the terminal has sent here too: so soon is not a second one. */
export const sameInterruptMs = 300
