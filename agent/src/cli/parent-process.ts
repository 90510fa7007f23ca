/**
 * Calls when the process that started this one is gone. bin/holdfast.js on an old Node stays as parent and keeps a channel open, whose end
 * always counts; `alsoByInput` also takes the end of standard input for it: whoever started us holds its other end.
 *
 * Not by asking for the parent’s number: a parent that was killed before the first look would never be missed, and Windows does not
 * change that number.
 *
 * @returns stops the watching, which else keeps this process alive.
 */
export function whenParentGone({ alsoByInput }: { readonly alsoByInput: boolean }, gone: () => void): () => void {
  if (process.connected) process.once('disconnect', gone)
  if (!alsoByInput) return () => void process.off('disconnect', gone)
  process.stdin.on('end', gone).on('error', gone).on('close', gone).resume()
  return () => {
    process.off('disconnect', gone)
    // Without a listener, an error of what is thrown away would end the process.
    process.stdin.off('end', gone).off('close', gone).destroy()
  }
}
