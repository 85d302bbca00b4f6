// The code that comes by SMS, where the browser can hand it over (WebOTP).

/** Waits for it. Gives nothing where the browser cannot, the user does not want, or the signal ends the wait. */
export async function sms(signal: AbortSignal): Promise<string | undefined> {
  if (!('OTPCredential' in globalThis)) return undefined;
  try {
    const options = { otp: { transport: ['sms'] }, signal } as CredentialRequestOptions;
    const credential = (await navigator.credentials.get(options)) as { code?: string } | null;
    return signal.aborted ? undefined : credential?.code;
  } catch {
    return undefined;
  }
}
