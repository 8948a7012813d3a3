/** What the operator has to mend; the message says what, and how, and is printed as it is. */
export class OperatorError extends Error {}
