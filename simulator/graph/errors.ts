/** What Meta's error reference says of each code: the HTTP status of a refusal and the title. */
const CODES: Record<number, { http: number; title: string }> = {
  0: { http: 401, title: "AuthException" },
  1: { http: 400, title: "API Unknown" },
  2: { http: 503, title: "API Service" },
  3: { http: 500, title: "API Method" },
  4: { http: 400, title: "API Too Many Calls" },
  10: { http: 403, title: "Application does not have permission for this action" },
  100: { http: 400, title: "Invalid parameter" },
  104: { http: 400, title: "An access token is required to request this resource." },
  190: { http: 401, title: "Invalid OAuth access token - Cannot parse access token" },
  200: { http: 403, title: "Permissions error" },
  368: { http: 403, title: "Temporarily blocked for policies violations" },
  2635: { http: 400, title: "You are calling a deprecated version of the API. Please update to the latest version." },
  80007: { http: 400, title: "Rate limit issues" },
  130429: { http: 400, title: "Rate limit hit" },
  130472: { http: 400, title: "User's number is part of an experiment" },
  131000: { http: 500, title: "Something went wrong" },
  131005: { http: 403, title: "Access denied" },
  131008: { http: 400, title: "Required parameter is missing" },
  131009: { http: 400, title: "Parameter value is not valid" },
  131016: { http: 503, title: "Service unavailable" },
  131021: { http: 400, title: "Recipient cannot be sender" },
  131026: { http: 400, title: "Message undeliverable" },
  131031: { http: 403, title: "Business Account locked" },
  131042: { http: 400, title: "Business eligibility payment issue" },
  131047: { http: 400, title: "Re-engagement message" },
  131048: { http: 400, title: "Spam rate limit hit" },
  131049: { http: 400, title: "This message was not delivered to maintain healthy ecosystem engagement." },
  131050: {
    http: 400,
    title: "Unable to deliver the message. This recipient has chosen to stop receiving marketing messages from you.",
  },
  131051: { http: 400, title: "Unsupported message type" },
  131052: { http: 400, title: "Media download error" },
  131053: { http: 400, title: "Media upload error" },
  131056: { http: 400, title: "(Business Account, Consumer Account) pair rate limit hit" },
  132000: { http: 400, title: "Number of parameters does not match the expected number of params" },
  132001: { http: 404, title: "Template name does not exist in the translation" },
  132005: { http: 400, title: "Template hydrated text too long" },
  132007: { http: 400, title: "Template format character policy violated" },
  132012: { http: 400, title: "Parameter format does not match format in the created template" },
  132015: { http: 400, title: "Template is paused" },
  132016: { http: 400, title: "Template is disabled" },
  132018: { http: 400, title: "There was an issue with the parameters in your template" },
  133010: { http: 400, title: "Phone number not registered on the WhatsApp Business Platform" },
};

const HREF = "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes/";
const UNKNOWN = { http: 400, title: "Unknown error" };

const titleOf = (code: number): string => (CODES[code] ?? UNKNOWN).title;

/** A rule that was broken: the code and what exactly was wrong. */
export interface Fault {
  code: number;
  details: string;
}

/** The details that go with a code nobody broke a rule for: it was ordered. */
export const orderedFault = (code: number): Fault => ({ code, details: `${titleOf(code)} (ordered as a fault)` });

/** What the Graph API answers when it refuses. */
export class GraphRefusal extends Error {
  readonly status: number;
  readonly code: number;
  readonly subcode: number | undefined;
  readonly details: string | undefined;

  constructor(code: number, options: { details?: string; subcode?: number; message?: string } = {}) {
    super(options.message ?? `(#${code}) ${titleOf(code)}`);
    this.status = (CODES[code] ?? UNKNOWN).http;
    this.code = code;
    this.subcode = options.subcode;
    this.details = options.details;
  }

  /** The body: Graph's error envelope. */
  envelope(traceId: string): object {
    return {
      error: {
        message: this.message,
        type: this.code === 100 && this.subcode === 33 ? "GraphMethodException" : "OAuthException",
        code: this.code,
        ...(this.details === undefined ? {} : { error_data: { messaging_product: "whatsapp", details: this.details } }),
        ...(this.subcode === undefined ? {} : { error_subcode: this.subcode }),
        fbtrace_id: traceId,
      },
    };
  }
}

/** Refuses with a broken rule. */
export const refusalOf = (fault: Fault): GraphRefusal => new GraphRefusal(fault.code, { details: fault.details });

/** An object that is not there, or not for this token: Graph does not say which, and never with 404. */
export const unknownObject = (method: string, id: string): GraphRefusal =>
  new GraphRefusal(100, {
    subcode: 33,
    message:
      `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to ` +
      "missing permissions, or does not support this operation. Please read the Graph API documentation at " +
      "https://developers.facebook.com/docs/graph-api",
  });

/** The same in a status webhook. */
export const webhookError = ({ code, details }: Fault): object => ({
  code,
  title: titleOf(code),
  message: titleOf(code),
  error_data: { details },
  href: HREF,
});
