# What R gives for the statistics of follow-up: writes tests/data/survival/cases.csv (made-up small tables) and
# r_more.csv (the numbers). Run from the repository's root:
#   apt-get install r-base-core r-cran-survival r-cran-cmprsk r-cran-sandwich && Rscript tools/r_survival_reference.R
# The tests read the two files and need no R.
suppressMessages({library(survival); library(cmprsk); library(sandwich)})
here <- "tests/data/survival/"
out <- list()
put <- function(case, method, group, at, name, value)
  out[[length(out) + 1]] <<- data.frame(case, method, group, at, name, value = sprintf("%.12g", as.numeric(value)))

# --- made-up tables ---------------------------------------------------------------------------------------------
empty <- function(case, time, event, group = "a", patient = seq_along(time), x1 = 0, x2 = 0, stratum = 1)
  data.frame(case, time, event, group, patient, x1, x2, stratum)
set.seed(6)
n <- 48
ties <- empty("ties", ceiling(rexp(n) * 9), rbinom(n, 1, .7), rep(c("a", "b", "c"), n / 3), seq_len(n),
              round(rnorm(n), 2), rbinom(n, 1, .4), rep(1:2, each = n / 2))
n <- 60
risk <- rep(rnorm(36) / 2, length.out = n)
lesions <- empty("lesions", round(rexp(n, .08 * exp(risk)), 1), sample(0:2, n, TRUE, c(.35, .4, .25)),
                 sample(c("lytic", "blastic", "mixed"), n, TRUE), rep(1:36, length.out = n),
                 round(risk + rnorm(n) / 2, 3), rbinom(n, 1, .5), 1)
lesions$time <- lesions$time + 0.1
n <- 90
causes <- empty("causes", ceiling(rexp(n) * 12), sample(0:3, n, TRUE, c(.2, .4, .25, .15)), rep(c("I", "II", "III"), n / 3),
                seq_len(n), round(rnorm(n), 2), rbinom(n, 1, .3), 1)
n <- 40
followed <- empty("followed", round(rexp(n) * 10 + .05, 2), sample(1:2, n, TRUE, c(.6, .4)), rep(c("a", "b"), n / 2),
                  rep(1:25, length.out = n), round(rnorm(n), 2), rbinom(n, 1, .5), 1)
n <- 50
dose <- round(runif(n, 12, 28), 2)
doses <- empty("doses", round(rexp(n, .1 * exp(-.1 * (dose - 20))), 2) + .01, rbinom(n, 1, plogis(-.25 * (dose - 19))),
               "a", rep(1:32, length.out = n), dose, round(plogis(.15 * (dose - 16)), 4), 1)
cases <- rbind(
  ties, lesions, causes, followed, doses,
  empty("half", c(1, 2, 4, 7), c(1, 1, 1, 1)),
  empty("half_then_censored", c(1, 2, 4, 7), c(1, 1, 0, 0)),
  empty("half_thirds", c(1, 2, 3, 4, 5, 6, 7), c(1, 0, 1, 1, 0, 1, 1)),
  empty("unreached", c(2, 5, 8, 8, 11, 15, 20, 24), c(0, 1, 0, 0, 1, 0, 0, 0)),
  empty("no_event", c(3, 6, 9), c(0, 0, 0)),
  empty("one_event", 5, 1),
  empty("one_censored", 5, 0),
  empty("tied_censoring", c(4, 4, 4, 6, 6, 9, 9, 9, 12), c(1, 0, 1, 1, 0, 1, 1, 0, 0)),
  empty("rounding", c(0.3, 0.1 + 0.2, 0.7, 0.1 * 7, 1.1, 1.1000000001, 2, 3), c(1, 1, 0, 1, 1, 1, 0, 1),
        c("a", "b", "a", "b", "a", "b", "a", "b")),
  empty("from_zero", c(0, 0, 1, 3, 3, 5, 8), c(1, 0, 1, 1, 0, 1, 0), c("a", "b", "b", "a", "b", "a", "b")),
  empty("never_at_risk", c(1, 1.5, 3, 4, 5, 6, 7, 8, 9), c(0, 0, 1, 1, 0, 1, 1, 0, 1),
        c("a", "a", "b", "c", "b", "c", "b", "c", "b")),
  empty("lone_member", c(2, 3, 5, 7, 8, 11, 13), c(1, 1, 0, 1, 1, 0, 1), c("a", "b", "b", "b", "b", "b", "b")))
write.csv(format(cases, digits = 17, trim = TRUE), paste0(here, "cases.csv"), row.names = FALSE, quote = FALSE)
cases <- read.csv(paste0(here, "cases.csv"))

# --- one function a method ---------------------------------------------------------------------------------------
km <- function(case, d, at, group = NULL) {
  for (kind in c("log-log", "log", "plain")) {
    for (g in if (is.null(group)) "all" else unique(d[[group]])) {
      s <- if (is.null(group)) d else d[d[[group]] == g, ]
      fit <- survfit(Surv(time, event > 0) ~ 1, data = s, conf.type = kind)
      t <- summary(fit)$table
      for (name in c("median", "0.95LCL", "0.95UCL")) put(case, paste("km", kind), g, NA, name, t[[name]])
      f <- summary(fit, times = at[at <= max(fit$time)])
      for (i in seq_along(f$time)) {
        put(case, paste("km", kind), g, f$time[i], "survival", f$surv[i])
        put(case, paste("km", kind), g, f$time[i], "lower", f$lower[i])
        put(case, paste("km", kind), g, f$time[i], "upper", f$upper[i])
        put(case, paste("km", kind), g, f$time[i], "n_at_risk", f$n.risk[i])
        put(case, paste("km", kind), g, f$time[i], "error", f$std.err[i])
      }
    }
  }
}
logrank <- function(case, d, group = "group") {
  f <- survdiff(as.formula(paste("Surv(time, event > 0) ~", group)), data = d)
  df <- sum(f$exp > 0) - 1
  put(case, "log-rank", group, NA, "chi2", f$chisq)
  put(case, "log-rank", group, NA, "df", df)
  put(case, "log-rank", group, NA, "p", pchisq(f$chisq, df, lower.tail = FALSE))
}
hazards <- function(case, d, formula, label, ...) {
  f <- coxph(as.formula(formula), data = d, ties = "efron", ...)
  s <- summary(f)
  for (i in seq_along(coef(f))) {
    put(case, label, names(coef(f))[i], NA, "coefficient", coef(f)[i])
    put(case, label, names(coef(f))[i], NA, "error", sqrt(diag(vcov(f)))[i])
    put(case, label, names(coef(f))[i], NA, "lower", s$conf.int[i, "lower .95"])
    put(case, label, names(coef(f))[i], NA, "upper", s$conf.int[i, "upper .95"])
    put(case, label, names(coef(f))[i], NA, "p", s$coefficients[i, "Pr(>|z|)"])
  }
  put(case, label, "all", NA, "log_likelihood", f$loglik[2])
  put(case, label, "all", NA, "likelihood_ratio_p", s$logtest[["pvalue"]])
}
incidence <- function(case, d, at, group) {
  f <- cuminc(d$time, d$event, d[[group]])
  if (!is.null(f$Tests)) for (cause in rownames(f$Tests)) {
    put(case, paste("gray", cause), group, NA, "chi2", f$Tests[cause, "stat"])
    put(case, paste("gray", cause), group, NA, "p", f$Tests[cause, "pv"])
    put(case, paste("gray", cause), group, NA, "df", f$Tests[cause, "df"])
  }
  p <- timepoints(f, at)
  z <- qnorm(.975)
  for (row in rownames(p$est)) for (j in seq_along(at)) {
    e <- p$est[row, j]
    s <- sqrt(p$var[row, j])
    if (is.na(e)) next
    words <- strsplit(row, " ")[[1]]
    label <- paste("incidence", words[2])
    put(case, label, words[1], at[j], "incidence", e)
    put(case, label, words[1], at[j], "error", s)
    if (e > 0 && e < 1) {
      put(case, label, words[1], at[j], "lower", e^exp(z * s / (-e * log(e))))
      put(case, label, words[1], at[j], "upper", e^exp(-z * s / (-e * log(e))))
    }
  }
}
subdistribution <- function(case, d, columns, cause, gtol = 1e-12) {
  f <- crr(d$time, d$event, as.matrix(d[, columns]), failcode = cause, gtol = gtol, maxiter = 50)
  for (i in seq_along(f$coef)) {
    label <- paste("fine-gray", cause)
    put(case, label, columns[i], NA, "coefficient", f$coef[i])
    put(case, label, columns[i], NA, "error", sqrt(f$var[i, i]))
    put(case, label, columns[i], NA, "p", 2 * pnorm(-abs(f$coef[i]) / sqrt(f$var[i, i])))
  }
}
order_of <- function(case, d, column, ...) {
  for (kind in c("n", "n/G2")) {
    until <- if (kind == "n") NULL else stats::quantile(d$time, .75, names = FALSE)
    asked <- list(as.formula(paste("Surv(time, event > 0) ~", column)), data = d, timewt = kind, ymax = until)
    f <- do.call(concordance, c(asked, list(...)))
    label <- paste("concordance", kind, if (length(list(...))) "clustered" else "")
    put(case, trimws(label), column, if (kind == "n") NA else until, "c", f$concordance)
    put(case, trimws(label), column, if (kind == "n") NA else until, "error", sqrt(f$var))
  }
}

# --- the public tables ------------------------------------------------------------------------------------------
for (name in c("CA184043_4", "CALGB90202_2B", "CALGB90202_2C")) {
  d <- read.csv(paste0(here, name, ".csv"))
  km(name, d, c(0, 1, 3.5, 6, 12, 18, 24, 30, 36, 48), "arm")
  km(name, d, c(6, 12, 24))
  logrank(name, d, "arm")
  hazards(name, d, "Surv(time, event) ~ arm", "cox")
  hazards(name, d, "Surv(time, event) ~ arm", "cox robust", robust = TRUE)
}
d <- read.csv(paste0(here, "bmtcrr.csv"))
d <- data.frame(time = d$ftime, event = d$Status, D = d$D, Phase = d$Phase, Sex = d$Sex, Source = d$Source, age = d$Age,
                male = 1 * (d$Sex == "M"), aml = 1 * (d$D == "AML"), pb = 1 * (d$Source != "BM+PB"))
for (group in c("D", "Phase", "Sex")) {
  incidence("bmtcrr", d, c(1, 3, 6, 9.5, 12, 24, 60, 120), group)
  logrank("bmtcrr", d, group)
}
for (cause in 1:2) subdistribution("bmtcrr", d, c("age", "male", "aml", "pb"), cause)
hazards("bmtcrr", d, "Surv(time, event == 1) ~ age + male + aml + pb", "cox")
hazards("bmtcrr", d, "Surv(time, event == 1) ~ age + male + strata(Phase)", "cox strata")
order_of("bmtcrr", d, "age")

# --- the made-up ones -------------------------------------------------------------------------------------------
for (name in unique(cases$case)) {
  d <- cases[cases$case == name, ]
  km(name, d, c(0, 0.3, 1, 2, 3, 4, 5, 6, 7.5, 9, 12, 24))
}
for (name in c("ties", "rounding", "from_zero", "never_at_risk", "lone_member")) {
  d <- cases[cases$case == name, ]
  logrank(name, d)
  km(name, d, c(0, 1, 3, 6), "group")
}
d <- cases[cases$case == "ties", ]
hazards("ties", d, "Surv(time, event) ~ group", "cox")
hazards("ties", d, "Surv(time, event) ~ x1 + x2", "cox x")
hazards("ties", d, "Surv(time, event) ~ x1 + x2 + strata(stratum)", "cox strata")
hazards("ties", d, "Surv(time, event) ~ x1 + x2", "cox robust", robust = TRUE)
order_of("ties", d, "x1")
order_of("ties", d, "x2")
d <- cases[cases$case == "lesions", ]
logrank("lesions", d)
hazards("lesions", d, "Surv(time, event == 1) ~ x1 + x2", "cox")
hazards("lesions", d, "Surv(time, event == 1) ~ x1 + x2 + cluster(patient)", "cox clustered")
incidence("lesions", d, c(0.5, 2, 5, 8, 12, 20), "group")
for (cause in 1:2) subdistribution("lesions", d, c("x1", "x2"), cause)
order_of("lesions", d, "x1")
order_of("lesions", d, "x1", cluster = d$patient)
d <- cases[cases$case == "causes", ]
incidence("causes", d, c(1, 3, 6, 12, 18, 24), "group")
for (cause in 1:3) subdistribution("causes", d, c("x1", "x2"), cause)
for (name in c("from_zero", "lone_member")) {  # not "rounding": cmprsk takes times apart that differ by rounding
  d <- cases[cases$case == name, ]
  incidence(name, d, c(1, 3, 5), "group")
}
# nobody censored: the weights are known, so survival's sandwich by patient is the one of Fine and Gray's model
d <- cases[cases$case == "followed", ]
incidence("followed", d, c(1, 5, 10), "group")
subdistribution("followed", d, c("x1", "x2"), 1)
long <- finegray(Surv(time, factor(event, 0:2)) ~ ., data = d, etype = "1")
f <- coxph(Surv(fgstart, fgstop, fgstatus) ~ x1 + x2, data = long, weights = fgwt, cluster = patient, ties = "breslow")
for (i in 1:2) {
  put("followed", "fine-gray clustered", c("x1", "x2")[i], NA, "coefficient", coef(f)[i])
  put("followed", "fine-gray clustered", c("x1", "x2")[i], NA, "error", sqrt(diag(vcov(f)))[i])
}
# dose (x1) and outcome
d <- cases[cases$case == "doses", ]
hazards("doses", d, "Surv(time, event) ~ x1 + cluster(patient)", "cox clustered")
order_of("doses", d, "x1", cluster = d$patient)
f <- glm(event ~ x1, family = binomial, data = d, control = glm.control(epsilon = 1e-14, maxit = 100))
for (kind in c("", " clustered")) {
  v <- if (kind == "") vcov(f) else vcovCL(f, cluster = d$patient, type = "HC0")
  d50 <- -coef(f)[[1]] / coef(f)[[2]]
  slope <- c(-1 / coef(f)[[2]], coef(f)[[1]] / coef(f)[[2]]^2)
  half <- qnorm(.975) * sqrt(c(slope %*% v %*% slope))
  label <- paste0("logistic", kind)
  put("doses", label, "x1", NA, "intercept", coef(f)[1])
  put("doses", label, "x1", NA, "coefficient", coef(f)[2])
  put("doses", label, "x1", NA, "error", sqrt(v[2, 2]))
  put("doses", label, "x1", NA, "p", 2 * pnorm(-abs(coef(f)[[2]] / sqrt(v[2, 2]))))
  put("doses", label, "x1", NA, "d50", d50)
  put("doses", label, "x1", NA, "d50_lower", d50 - half)
  put("doses", label, "x1", NA, "d50_upper", d50 + half)
}
# calibration at 6 of the prediction x2: Cox slope, Graf's Brier score
f <- coxph(Surv(time, event) ~ log(-log(x2)), data = d)
put("doses", "calibration", "x2", 6, "slope", coef(f))
put("doses", "calibration", "x2", 6, "slope_error", sqrt(vcov(f)))
g <- survfit(Surv(time, event == 0) ~ 1, data = d)
censoring <- stepfun(g$time, c(1, g$surv))
before <- stepfun(g$time, c(1, g$surv), right = TRUE)
put("doses", "calibration", "x2", 6, "brier", mean(ifelse(
  d$time <= 6 & d$event == 1, d$x2^2 / before(d$time), ifelse(d$time > 6, (1 - d$x2)^2 / censoring(6), 0))))
# landmark: those beyond 3, by x2, from 3 on
d <- cases[cases$case == "ties" & cases$time > 3, ]
d$time <- d$time - 3
d$group <- ifelse(d$x2 == 1, "responder", "other")
km("ties from 3", d, c(1, 4, 8), "group")
logrank("ties from 3", d)
hazards("ties from 3", d, "Surv(time, event) ~ x2", "cox")

# --- sample sizes -----------------------------------------------------------------------------------------------
enough <- function(p0, p1, a, b) {
  for (n in 1:500) {
    r <- qbinom(a, n, p0, lower.tail = FALSE) + 1
    if (pbinom(r - 1, n, p1, lower.tail = FALSE) >= b) return(c(n, r))
  }
}
for (p in list(c(.8, .95, .1, .8), c(.8, .95, .05, .8), c(.5, .7, .05, .9), c(.3, .5, .1, .8), c(.05, .2, .05, .8))) {
  key <- paste(p, collapse = " ")
  put("sizes", "single arm exact", key, NA, "n", enough(p[1], p[2], p[3], p[4])[1])
  put("sizes", "single arm exact", key, NA, "successes", enough(p[1], p[2], p[3], p[4])[2])
}
for (p in list(c(.05, .4, .05, .8), c(.2, .5, .05, .9), c(.6, .4, .05, .8))) {
  key <- paste(p, collapse = " ")
  f <- power.prop.test(p1 = p[1], p2 = p[2], sig.level = p[3], power = p[4], tol = 1e-12)
  put("sizes", "two arms chi-squared", key, NA, "n", f$n)
}
for (n in c(23, 24)) {
  total <- 0
  for (a in 0:n) for (b in 0:n)
    if (fisher.test(matrix(c(a, n - a, b, n - b), 2))$p.value <= .05) total <- total + dbinom(a, n, .05) * dbinom(b, n, .4)
  put("sizes", "two arms fisher power", n, NA, "power", total)
}
made <- do.call(rbind, out)
made <- rbind(data.frame(case = "R", method = R.version.string, group = paste("survival", packageVersion("survival")),
                         at = NA, name = paste("cmprsk", packageVersion("cmprsk"), "sandwich", packageVersion("sandwich")),
                         value = NA), made)
write.csv(made, paste0(here, "r_more.csv"), row.names = FALSE, quote = FALSE, na = "")
