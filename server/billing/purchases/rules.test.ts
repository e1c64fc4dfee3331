import { expect, test } from "vitest";
import { newId } from "#db/ids.ts";
import { percent, priceOf, whatIsBought } from "../rules.ts";
import { becomes, campaignPath, offerIdOf, type PurchaseStatus, pointsFor, suggested } from "./rules.ts";
import { buyInput, offerId } from "./schema.ts";

const all: PurchaseStatus[] = ["pending", "paid", "declined", "cancelled", "expired"];

test("a purchase that waits may become anything, what was given up may still be paid, and paid is for good", () => {
  expect(all.filter((to) => becomes("pending", to))).toEqual(["paid", "declined", "cancelled", "expired"]);
  for (const from of ["declined", "cancelled", "expired"] as const)
    expect(all.filter((to) => becomes(from, to))).toEqual(["paid"]);
  expect(all.filter((to) => becomes("paid", to))).toEqual([]);
});

test("the tax is rounded to the nearest minor unit, and the sum is exact", () => {
  expect(priceOf(5_500_000, 1_100)).toEqual({ net: 5_500_000, tax: 605_000, total: 6_105_000 });
  expect(priceOf(5, 1_000)).toEqual({ net: 5, tax: 1, total: 6 });
  expect(priceOf(99, 725)).toEqual({ net: 99, tax: 7, total: 106 });
  expect(priceOf(99, 0)).toEqual({ net: 99, tax: 0, total: 99 });
  expect([1_100, 725, 0].map(percent)).toEqual(["11%", "7.25%", "0%"]);
});

test("what is bought has a name, and an offer an id that may be asked for", () => {
  expect(whatIsBought({ days: 30, points: 1_400 })).toBe("Plan of 30 days with 1,400 points");
  expect(whatIsBought({ days: null, points: 200 })).toBe("200 points");
  for (const offer of [
    { plan: "15d" as const, points: 200 },
    { plan: null, points: 1_000 },
  ])
    expect(offerId.safeParse(offerIdOf(offer)).success).toBe(true);
  for (const other of ["", "plan-60d", "points-0", "points--1", "points-12345678", "30d"])
    expect(offerId.safeParse(other).success).toBe(false);
});

test("whoever lacks points is shown the smallest pack that has them", () => {
  const offers = [
    { id: "plan-30d", kind: "plan" as const, points: 400 },
    ...[500, 100, 200].map((points) => ({ id: `points-${points}`, kind: "topup" as const, points })),
  ];
  const id = (asked: Parameters<typeof suggested>[1]) => suggested(offers, asked)?.id;
  expect(id({ missing: 1 })).toBe("points-100");
  expect(id({ missing: 100 })).toBe("points-100");
  expect(id({ missing: 101 })).toBe("points-200");
  expect(id({ missing: 9_000 })).toBe("points-500");
  expect(id({ missing: 101, offer: "points-100" })).toBe("points-100");
  expect(id({ offer: "points-7" })).toBe("plan-30d");
  expect(suggested([], {})).toBe(undefined);
});

test("a purchase leads back to the page of a campaign, and to no other address", () => {
  const id = newId("campaign");
  const here = `/campaigns/${id}`;
  expect(campaignPath(here)).toBe(here);
  expect(new URL(pointsFor(id, 120), "http://here.example").searchParams.get("back")).toBe(here);
  expect(buyInput.safeParse({ offer: "points-100", back: here }).success).toBe(true);
  const others = [
    "",
    "/",
    "/campaigns/",
    "/campaigns/new",
    "/billing/wallet",
    `/${here}`,
    `//elsewhere.example${here}`,
    `https://elsewhere.example${here}`,
    `javascript:alert(1)//${here}`,
    `/\\elsewhere.example${here}`,
    `${here}/../../logout`,
    `${here}?next=//elsewhere.example`,
    `${here}#x`,
    `${here}\n`,
    ` ${here}`,
    here.toUpperCase(),
    `/campaigns/${newId("contact")}`,
  ];
  for (const other of others) {
    expect(campaignPath(other), other).toBe(null);
    expect(buyInput.safeParse({ offer: "points-100", back: other }).success, other).toBe(false);
  }
});
