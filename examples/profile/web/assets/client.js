/** The one client of the page: session, own account, and what happens to both. */

import { createOwnID } from "/sdk/ownid.js";

export const ownid = createOwnID({ app: "shop", baseUrl: location.origin });
