# frozen_string_literal: true

# Puts back what late_gems.rb replaced, because RubyGems builds on it.
module Kernel
  alias require lam_plain_require
  private :require
  remove_method :lam_plain_require
  remove_method :gem
end

require 'rubygems'
