# SPDX-License-Identifier: BSL-1.0
# Writes revman5.rm5 in the format of RevMan 5, with results by R's metafor (3.8): LC_ALL=C Rscript make_revman5.R | LC_ALL=C sed "s/@/\xe9/" > revman5.rm5
# The trials are made up. What metafor does not have is computed here from its formula: Q around the Mantel-Haenszel estimate
# for "Mantel-Haenszel, random", the standard error of the standardised mean difference with N - 3.94, the test between subgroups.
suppressMessages(library(metafor))
num <- function(x) ifelse(is.na(x), "", sprintf("%.17g", x))
esc <- function(s) gsub("<", "&lt;", gsub("&", "&amp;", s))
cat('<?xml version="1.0" encoding="ISO-8859-1" standalone="no"?>\n<COCHRANE_REVIEW DESCRIPTION="" ID="1" REVMAN_SUB_VERSION="5.4" REVMAN_VERSION="5" TYPE="INTERVENTION">\n',
    '<COVER_SHEET>\n<TITLE>Made-up trials of <I>cells</I> &amp; drugs</TITLE>\n</COVER_SHEET>\n<MAIN_TEXT>\n<SUMMARY>\n<TITLE>Plain title</TITLE>\n</SUMMARY>\n</MAIN_TEXT>\n', sep = "")
names <- c("Ab@ 2019", "Bo 2020", "Cy-1 2020", "Do 2021", "Ek 2021", "Fu 2022", "Go 2022")
ids <- c("STD-Ab_x00e9_-2019", "STD-Bo-2020", "STD-Cy_x002d_1-2020", "STD-Do-2021", "STD-Ek-2021", "STD-Fu-2022", "STD-Go-2022")
cat('<STUDIES_AND_REFERENCES>\n<STUDIES>\n<INCLUDED_STUDIES>\n')
for (i in 1:6) cat(sprintf('<STUDY DATA_SOURCE="PUB" ID="%s" NAME="%s" YEAR="%s">\n<IDENTIFIERS/>\n</STUDY>\n', ids[i], names[i], sub(".* ", "", names[i])))
cat('</INCLUDED_STUDIES>\n</STUDIES>\n</STUDIES_AND_REFERENCES>\n<ANALYSES_AND_DATA CALCULATED_DATA="YES">\n')

z <- qnorm(0.975)
# y, v: all estimable studies; w: their weights; est, se: pooled; q around which mean
pooled <- function(est, se, q, k, tau2, ratio, w = 100) {
  back <- if (ratio) exp else identity
  c(CHI2 = num(q), CI_END = num(back(est + z * se)), CI_START = num(back(est - z * se)), DF = k - 1, EFFECT_SIZE = num(back(est)),
    ESTIMABLE = "YES", I2 = num(max(0, 100 * (q - k + 1) / q)), P_CHI2 = num(pchisq(q, k - 1, lower.tail = FALSE)),
    P_Z = num(2 * pnorm(-abs(est / se))), TAU2 = num(tau2), Z = num(abs(est / se)), WEIGHT = num(w), STUDIES = k)
}
attr_text <- function(a) paste(sprintf('%s="%s"', names(a), a), collapse = " ")
study <- function(y, v, w, ratio) {
  back <- if (ratio) exp else identity
  if (is.na(y)) return(c(CI_END = "0.0", CI_START = "0.0", EFFECT_SIZE = "0.0", ESTIMABLE = "NO", WEIGHT = "0.0", SE = "0.0"))
  c(CI_END = num(back(y + z * sqrt(v))), CI_START = num(back(y - z * sqrt(v))), EFFECT_SIZE = num(back(y)), ESTIMABLE = "YES", WEIGHT = num(w), SE = num(sqrt(v)))
}
head <- function(kind, no, name, a) cat(sprintf('<%s_OUTCOME %s ID="CMP-001.0%d" NO="%d" CI_STUDY="95" CI_TOTAL="95" SCALE="100.0" SORT_BY="STUDY" MODIFIED_BY="nobody">\n<NAME>%s</NAME>\n<GROUP_LABEL_1>Cells</GROUP_LABEL_1>\n<GROUP_LABEL_2>Control</GROUP_LABEL_2>\n<GRAPH_LABEL_1>Favours cells</GRAPH_LABEL_1>\n<GRAPH_LABEL_2>Favours control</GRAPH_LABEL_2>\n', kind, attr_text(a), no, no, esc(name)))
data_row <- function(kind, i, a) cat(sprintf('<%s_DATA %s ORDER="%d" STUDY_ID="%s"/>\n', kind, attr_text(a), i, ids[i]))

a <- c(2, 0, 5, 3, 0, 10, 7); n1 <- c(12, 29, 21, 40, 30, 20, 55); c2 <- c(7, 2, 4, 6, 0, 16, 13); n2 <- c(12, 29, 24, 41, 28, 20, 52)
counts <- function(i) c(EVENTS_1 = a[i], TOTAL_1 = n1[i], EVENTS_2 = c2[i], TOTAL_2 = n2[i])
dich <- function(no, name, measure, method, random, groups = NULL, totals = "YES", i = seq_along(a)) {
  ratio <- measure != "RD"
  fit_of <- function(i) {
    es <- escalc(measure = measure, ai = a[i], n1i = n1[i], ci = c2[i], n2i = n2[i], drop00 = ratio)
    ok <- !is.na(es$yi); y <- as.numeric(es$yi); v <- as.numeric(es$vi); j <- i[ok]
    mh <- rma.mh(measure = measure, ai = a[j], n1i = n1[j], ci = c2[j], n2i = n2[j], add = c(0.5, 0.5), to = c("only0", "only0"), drop00 = FALSE)
    if (method == "PETO") {
      p <- rma.peto(ai = a[i], n1i = n1[i], ci = c2[i], n2i = n2[i])
      N <- n1 + n2; m1 <- a + c2; V <- (n1 * n2 * m1 * (N - m1) / (N^2 * (N - 1)))[i]; oe <- (a - n1 * m1 / N)[i]
      yy <- ifelse(V > 0, oe / V, NA); vv <- 1 / V
      return(list(est = as.numeric(p$beta), se = p$se, q = p$QE, k = sum(V > 0), tau2 = 0, y = yy, v = vv, w = V))
    }
    if (method == "MH" && !random) {
      q <- sum((y[ok] - as.numeric(mh$beta))^2 / v[ok])
      w <- rep(NA, length(i)); w[ok] <- weights(mh, type = "diagonal")
      return(list(est = as.numeric(mh$beta), se = mh$se, q = q, k = sum(ok), tau2 = 0, y = y, v = v, w = w))
    }
    q <- if (method == "MH") sum((y[ok] - as.numeric(mh$beta))^2 / v[ok]) else rma(y[ok], v[ok], method = "FE")$QE
    u <- 1 / v[ok]; tau2 <- if (random && sum(ok) > 1) max(0, (q - sum(ok) + 1) / (sum(u) - sum(u^2) / sum(u))) else 0
    f <- rma(y[ok], v[ok], tau2 = tau2)
    w <- rep(NA, length(i)); w[ok] <- 1 / (v[ok] + tau2)
    list(est = as.numeric(f$beta), se = f$se, q = q, k = sum(ok), tau2 = tau2, y = y, v = v, w = w)
  }
  all <- fit_of(i)
  share <- 100 * all$w / sum(all$w, na.rm = TRUE)
  o <- pooled(all$est, all$se, all$q, all$k, all$tau2, ratio)
  o <- c(o, EFFECT_MEASURE = if (method == "PETO") "PETO_OR" else measure, METHOD = method, RANDOM = if (random) "YES" else "NO", TOTALS = totals, SWAP_EVENTS = "NO",
         SUBGROUPS = if (is.null(groups)) "NO" else "YES", SUBGROUP_TEST = "YES", EVENTS_1 = sum(a[i]), TOTAL_1 = sum(n1[i]), EVENTS_2 = sum(c2[i]), TOTAL_2 = sum(n2[i]))
  if (is.null(groups)) {
    head("DICH", no, name, c(o, Q = "0.0", P_Q = "0.0", I2_Q = "0.0"))
    for (r in seq_along(i)) data_row("DICH", i[r], c(counts(i[r]), study(all$y[r], all$v[r], share[r], ratio)))
  } else {
    fits <- lapply(groups, fit_of)
    b <- sapply(fits, function(f) f$est); s <- sapply(fits, function(f) f$se); m <- sum(b / s^2) / sum(1 / s^2); qb <- sum((b - m)^2 / s^2); d <- length(b) - 1
    head("DICH", no, name, c(o, Q = num(qb), P_Q = num(pchisq(qb, d, lower.tail = FALSE)), I2_Q = num(max(0, 100 * (qb - d) / qb))))
    for (g in seq_along(groups)) {
      r <- match(groups[[g]], i); f <- fits[[g]]; j <- groups[[g]]
      cat(sprintf('<DICH_SUBGROUP %s ID="CMP-001.0%d.0%d" NO="%d" EVENTS_1="%d" EVENTS_2="%d" TOTAL_1="%d" TOTAL_2="%d">\n<NAME>Group %d</NAME>\n',
                  attr_text(pooled(f$est, f$se, f$q, f$k, f$tau2, ratio, sum(share[r], na.rm = TRUE))), no, g, g, sum(a[j]), sum(c2[j]), sum(n1[j]), sum(n2[j]), g))
      for (x in r) data_row("DICH", i[x], c(counts(i[x]), study(all$y[x], all$v[x], share[x], ratio)))
      cat("</DICH_SUBGROUP>\n")
    }
  }
  cat("</DICH_OUTCOME>\n")
}
inverse <- function(kind, no, name, y, v, random, ratio, rows, extra, blank = FALSE, child = "") {
  f <- rma(y, v, method = if (random) "DL" else "FE")
  q <- rma(y, v, method = "FE")$QE
  w <- 1 / (v + f$tau2)
  o <- c(pooled(as.numeric(f$beta), f$se, q, length(y), f$tau2, ratio), RANDOM = if (random) "YES" else "NO", TOTALS = "YES", SUBGROUPS = "NO", Q = "0.0", P_Q = "0.0", I2_Q = "0.0", extra)
  if (blank) o[c("CHI2", "CI_END", "CI_START", "EFFECT_SIZE", "I2", "P_CHI2", "P_Z", "TAU2", "Z")] <- ""
  head(kind, no, name, o)
  cat(child)
  for (i in seq_along(y)) {
    s <- study(y[i], v[i], 100 * w[i] / sum(w), ratio)
    if (blank) s[c("CI_END", "CI_START", "EFFECT_SIZE", "SE", "WEIGHT")] <- ""
    if (kind == "IV") s <- s[names(s) != "SE"]
    data_row(kind, i, c(rows(i), s))
  }
  cat(sprintf("</%s_OUTCOME>\n", kind))
}

cat('<COMPARISON ID="CMP-001" NO="1">\n<NAME>Cells versus control</NAME>\n')
dich(1, "Death < 30 days", "RR", "MH", FALSE)
dich(2, "Death, by dose", "OR", "MH", TRUE, groups = list(1:3, 4:7))
dich(3, "Death, Peto", "OR", "PETO", FALSE)
dich(4, "Death, risk difference", "RD", "IV", TRUE, i = c(1, 3, 4, 6, 7))
cat('<OTHER_OUTCOME ID="CMP-001.05" NO="5">\n<NAME>Comments</NAME>\n</OTHER_OUTCOME>\n</COMPARISON>\n<COMPARISON ID="CMP-002" NO="2">\n<NAME>Other data</NAME>\n')
m1 <- c(11.2, 8.5, 20, 14.1); s1 <- c(4.6, 3.9, 7.25, 5.5); k1 <- c(29, 12, 40, 8); m2 <- c(15, 9.1, 21.5, 19.9); s2 <- c(6.1, 4.4, 6.9, 5.1); k2 <- c(29, 14, 39, 9)
rows <- function(i) c(MEAN_1 = m1[i], SD_1 = s1[i], TOTAL_1 = k1[i], MEAN_2 = m2[i], SD_2 = s2[i], TOTAL_2 = k2[i])
inverse("CONT", 1, "Days in hospital", m1 - m2, s1^2 / k1 + s2^2 / k2, FALSE, FALSE, rows, c(EFFECT_MEASURE = "MD", UNITS = "days"))
N <- k1 + k2; s <- sqrt(((k1 - 1) * s1^2 + (k2 - 1) * s2^2) / (N - 2)); g <- (m1 - m2) / s * (1 - 3 / (4 * N - 9))
inverse("CONT", 2, "Days, standardised", g, N / (k1 * k2) + g^2 / (2 * (N - 3.94)), TRUE, FALSE, rows, c(EFFECT_MEASURE = "SMD"))
inverse("CONT", 3, "Days, not calculated", m1 - m2, s1^2 / k1 + s2^2 / k2, FALSE, FALSE, rows, c(EFFECT_MEASURE = "MD"), blank = TRUE)
lhr <- c(-0.51, 0.12, -0.3, -0.95); se <- c(0.21, 0.35, 0.18, 0.4)
inverse("IV", 4, "Survival", lhr, se^2, TRUE, TRUE, function(i) c(ESTIMATE = lhr[i], SE = se[i], TOTAL_1 = "0", TOTAL_2 = "0"), c(METHOD = "IV", LOG_DATA = "YES"), child = "<EFFECT_MEASURE>Hazard Ratio</EFFECT_MEASURE>\n")
oe <- c(-4.2, 1.1, -6.35, -0.8); V <- c(9.5, 6.25, 14.1, 3.3)
inverse("IPD", 5, "Survival by O - E", oe / V, 1 / V, FALSE, TRUE, function(i) c(O_E = oe[i], VAR = V[i], EVENTS_1 = 10 + i, TOTAL_1 = 60, EVENTS_2 = 14 + i, TOTAL_2 = 61), character(0), child = "<EFFECT_MEASURE>Hazard Ratio</EFFECT_MEASURE>\n")
cat('</COMPARISON>\n</ANALYSES_AND_DATA>\n<FIGURES/>\n</COCHRANE_REVIEW>\n')
